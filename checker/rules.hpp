// What a system does by its own rules, as far as clauses speak of it: how long it
// keeps a message, how often it hands one out, for how long it knows an id. They
// come from its description and the settings of a profile, never from a history.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>

namespace assay {

// 0: there is no such limit.
struct Limits {
  std::int64_t ttl_ms = 0;           // what is not taken by then is dropped, or set aside
  std::int64_t slack_ms = 1'000;     // how far its clock may be off, or its housekeeping behind
  std::int64_t max_delivery = 0;     // how often one copy is handed out at most, the first time included
  std::int64_t uncounted = 0;        // and how many of these it may forget whenever it dies
  std::int64_t dedup_window_ms = 0;  // for how long it knows an id; 0: for as long as it keeps anything
  std::int64_t retention_ms = 0;     // a log drops what is older

  bool operator==(const Limits&) const = default;
};

struct LimitEntry {
  std::string_view name;  // "ttl_ms"
  std::int64_t Limits::*member;
};
std::span<const LimitEntry> limit_table();

// Why a message that is missing is owed to nobody (CONTRACTS 2.1). Only what a
// profile declares excuses, and only with evidence in the history.
enum class Excuse : std::uint8_t {
  ttl,        // it was older than ttl_ms before anybody could have taken it
  dlq,        // it was found among the dead letters
  limit,      // it was found among the dead letters, set aside because there was no room
  retention,  // the log no longer reaches back to it, and it was older than retention_ms
};
std::span<const Excuse> all_excuses();
std::string_view name(Excuse excuse);
std::optional<Excuse> excuse_named(std::string_view name);

// By what a system is asked to store a message once, however often it is sent.
enum class DedupBy : std::uint8_t {
  nothing,
  message,  // an id that every attempt has in common
  session,  // a number within one incarnation of the producer
};

struct Rules {
  Limits limits;
  std::set<Excuse> excuses;
  DedupBy dedup = DedupBy::nothing;
  bool lists_dead_letters = false;  // the auditor's scan shows what was set aside as undeliverable
  bool cumulative_acks = false;     // an ack is a position: all before it is acknowledged, too
  std::int64_t prefetch = 0;        // what a consumer may hold unacknowledged; 0: nobody has said

  bool operator==(const Rules&) const = default;
};

}  // namespace assay
