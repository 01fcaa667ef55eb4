// The numbers and words of a profile: one table reads, writes and checks them,
// and `assay schema` and `assay init` describe them by it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/profile-text.hpp"
#include "cli/profile.hpp"

namespace assay {

// Its default is what a fresh Holder has.
template <class Holder>
struct Number {
  const char* key;
  std::int64_t Holder::*member;
  Range range;
  const char* about;
};

inline constexpr std::int64_t million = 1'000'000;
inline constexpr Range timeout_range_ms{10, 3'600'000};

inline constexpr std::array<Number<Workload>, 10> workload_numbers{{
    {"messages", &Workload::messages, {0, million}, "messages of a trial in all, dealt evenly to the producers"},
    {"size", &Workload::size, {0, 1 << 20}, "bytes of a body"},
    {"producers", &Workload::producers, {1, 16}, "producer processes"},
    {"consumers", &Workload::consumers, {0, 16}, "consumer processes, in one group"},
    {"keys", &Workload::keys, {0, 1 << 16}, "different message keys; 0: messages have none"},
    {"in_flight", &Workload::in_flight, {1, 1024}, "sends that a producer may have unanswered"},
    {"prefetch", &Workload::prefetch, {1, 1024}, "messages that a consumer may hold unacknowledged"},
    {"ack_batch", &Workload::ack_batch, {1, 1024},
     "messages that a consumer processes before it acknowledges them together; at most prefetch"},
    {"process_ms", &Workload::process_ms, {0, 60'000}, "how long a consumer works on a message before its effect"},
    {"reject_every", &Workload::reject_every, {2, million},
     "every how-manieth message of a producer a consumer gives back, with the roles reject-some and give-back-some"},
}};

inline constexpr std::array<Number<FaultWish>, 1> fault_numbers{
    {{"random", &FaultWish::random, {0, million},
      "trials with a fault at a random moment, for each target, beside those at crash points"}}};

// They say something where their kind is named.
inline constexpr std::array<Number<Cut>, 2> cut_numbers{{
    {"bytes", &Cut::bytes, {0, million}, "by bytes: how many more bytes of an agent reach the server"},
    {"ms", &Cut::ms, {0, 600'000}, "how long it lasts at least; it ends when those it hits have met it"},
}};
inline constexpr std::array<Number<FaultWish>, 2> network_numbers{{
    {"delay_ms", &FaultWish::delay_ms, {1, 600'000}, "delay: by how much all is late, each way"},
    {"hold_ms", &FaultWish::hold_ms, {0, 600'000},
     "hold: how long an answer is held back at least; it is let go when who waits for it has waited in vain"},
}};

inline constexpr std::array<Number<Floors>, 3> floor_numbers{{
    {"per_window", &Floors::per_cell, {1, million}, "faults that must land in every crash window that matters"},
    {"faults", &Floors::faults, {1, million}, "faults that must land for a clause"},
    {"antecedents", &Floors::antecedents, {1, million}, "times that a clause must have had the chance to fail"},
}};

inline constexpr std::array<Number<EvidenceWish>, 4> time_numbers{{
    {"drain_timeout_ms", &EvidenceWish::drain_timeout_ms, timeout_range_ms, "how long the fault-free end of a trial may take"},
    {"request_timeout_ms", &EvidenceWish::request_timeout_ms, timeout_range_ms,
     "how long one request to the system may take before its outcome is unknown"},
    {"start_timeout_ms", &EvidenceWish::start_timeout_ms, timeout_range_ms,
     "how long a server or an agent may take until it is ready"},
    {"progress_ms", &EvidenceWish::progress_ms, {0, 3'600'000},
     "how long a message that is sent after a fault was healed may take until it comes through; a claim + progress "
     "needs it. 0: nobody says"},
}};

inline constexpr Number<Attachment> command_timeout{"command_timeout_ms", &Attachment::command_timeout_ms, timeout_range_ms,
                                                    "how long a command may take"};

struct ModeName {
  FaultMode mode;
  std::string_view name;
};
inline constexpr std::array<ModeName, 4> mode_names{{{FaultMode::all, "all"},
                                                     {FaultMode::directed, "directed"},
                                                     {FaultMode::random, "random"},
                                                     {FaultMode::none, "none"}}};

struct StartName {
  Start start;
  std::string_view name;
};
inline constexpr std::array<StartName, 2> start_names{
    {{Start::together, "together"}, {Start::producers_first, "producers-first"}}};

template <class Table>
std::vector<std::string> names_in(const Table& table) {
  std::vector<std::string> names;
  for (const auto& entry : table) names.emplace_back(entry.name);
  return names;
}

const std::vector<std::string>& fault_targets();
const std::vector<std::string>& cut_ways();
const std::vector<std::string>& attached_commands();

// What "expect" may name.
std::vector<std::string> known_anomalies();
std::vector<std::string> known_reasons();

// Of a pipeline.
inline constexpr Range instances_range{1, 16};
inline constexpr Range longest_ms_range{1, 600'000};

}  // namespace assay
