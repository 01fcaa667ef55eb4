// A message system made of scripts. It notes every call of a role as an
// `environment` event, so that one history shows calls and events in order.
// Roles run in a process of their own, assay-fake, which reads its script from
// a file: a fork of a test, which has threads, could hang in any lock of theirs.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agents/systems/adapter.hpp"

namespace assay {

// What becomes of one submission. Whether it was stored shows in the file of
// stored copies, which outlives the incarnation.
enum class Fate {
  answered,     // stored, ok
  unconfirmed,  // stored, and told no more than that
  refused,      // not stored, fail
  cut_off,      // stored, connection lost: indeterminate
  silent,       // stored, no answer ever
  dropped,      // not stored, connection lost: indeterminate
};

// What becomes of one step of a transaction.
enum class Step {
  ok,
  fail,
  shut_out,  // fail, and for good
  unheard,   // done, no answer
  unasked,   // not done, no answer
};

struct FakeSystem : Adapter {
  // Producers.
  std::vector<Fate> fates;  // of the first submissions; all later ones are answered
  std::vector<std::size_t> duplicates;  // of these submissions, counted from 1, it says that it had them before
  bool newest_first = false;  // answers come one by one, the newest first
  std::filesystem::path stored;  // one line for each copy: MESSAGE ATTEMPT, or bytes that are not ours, and what asks to be stored once

  // Consumers: what receive gives, one after the other, then nothing. A copy
  // that is acked is not given again, to whomever.
  std::vector<Received> arrivals;
  std::filesystem::path acked;   // a line for each copy that is acked; outlives the incarnation
  std::vector<AckOutcome> acks;  // of the first acks; all later ones are confirmed
  bool unanswered_acks_count = false;  // they were applied all the same
  bool fenced = false;  // to ack a copy that is acked already is refused
  bool together = false;  // one step acknowledges several
  std::size_t lost_puts = 0;  // of the first effects the transaction is gone

  // Consumers that send on. What is sent and committed is a line each in a file
  // that outlives the incarnation; after an abort or a fence all arrivals that
  // are not acked are given again.
  std::map<std::string, std::vector<Step>> steps;  // "fence", "send on" ...: of the first ones; all later ones are ok
  std::filesystem::path output;
  bool fences = true;  // a later incarnation's fence shuts the earlier ones out

  // What a reader finds in the output: of committed transactions, or of all.
  std::vector<SinkRow> sent_on(bool committed_only) const;

  // Auditors.
  std::vector<StoredCopy> copies, dead_letters;
  Backlog backlog;
  std::vector<SinkRow> effects;

  // Probing, in this process: what the attempts say, one after the other; the last one stays.
  std::vector<std::optional<std::string>> readiness{std::nullopt};
  std::optional<nlohmann::json> served;

  void write(const std::filesystem::path& script) const;  // all but what concerns probing
  static FakeSystem read(const std::filesystem::path& script);

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override;
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override;
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override;
  nlohmann::ordered_json describe() override;
  void serve(const std::filesystem::path& directory, const std::string& address,
             const nlohmann::json& settings) override;
  std::optional<std::string> probe(const std::string& address, Deadline deadline) override;

 private:
  std::size_t probes_ = 0;
};

}  // namespace assay
