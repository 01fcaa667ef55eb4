#include "agents/systems/kafka/settings.hpp"

#include "agents/systems/given-settings.hpp"

namespace assay::kafka {
namespace {

using Json = nlohmann::ordered_json;

Json word(const std::string& name, const Json& values, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", "string"}, {"default", values.at(0)}, {"values", values}};
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

Json flag(const std::string& name, const std::string& about) {
  return {{"name", name}, {"type", "boolean"}, {"default", false}, {"about", about}};
}

struct Range {
  std::int64_t least, usual, most;
};

Json number(const std::string& name, Range range, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", "integer"}, {"default", range.usual}, {"min", range.least}, {"max", range.most}};
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

}  // namespace

Json described_settings() {
  const Json of_assigned{{"membership", {"assigned"}}}, of_groups{{"membership", {"static", "dynamic"}}}, of_auto{{"commit", {"auto"}}};
  return Json::array({
      word("acks", {"all", "1", "0"}, nullptr, "what a producer waits for: all replicas, the leader, nobody"),
      flag("idempotence", "enable.idempotence: librdkafka sends again by itself, and the broker drops what it has from this session"),
      number("linger_ms", {0, 0, 10'000}, nullptr, "how long a producer collects messages for one batch"),
      number("partitions", {1, 1, 64}, nullptr, "of the topic of a channel"),
      number("flush_messages", {0, 0, 1'000'000}, nullptr, "flush.messages of the topic: how many until the log is synced; 0: whenever the operating system will"),
      number("initial_rebalance_delay_ms", {0, 0, 60'000}, of_groups,
             "group.initial.rebalance.delay.ms of the server: how long the first member of a group waits for others; Kafka's default is 3000"),
      word("membership", {"static", "dynamic", "assigned"}, nullptr,
           "consumers join their group under their own names, or under a new one each time, or are assigned partitions without a group"),
      number("shares", {1, 1, 16}, of_assigned, "between how many consumers the partitions are dealt"),
      word("commit", {"explicit", "auto"}, nullptr, "auto: enable.auto.commit, of what the library has handed out"),
      number("auto_commit_interval_ms", {1, 1000, 600'000}, of_auto, "how often that is committed; the library's default is 5000"),
      word("isolation", {"read_committed", "read_uncommitted"}, nullptr, "of everybody who reads, the auditor too"),
      number("session_timeout_ms", {100, 45'000, 1'800'000}, of_groups, "after which a member that is not heard of is dead"),
      number("max_poll_interval_ms", {100, 300'000, 86'400'000}, of_groups, "after which a member that does not poll has to leave"),
      word("transactional_id", {"by-name", "by-incarnation"}, nullptr,
           "of a consumer that sends on: its name, so that a successor shuts it out, or a new one for each incarnation"),
      number("transaction_timeout_ms", {100, 60'000, 900'000}, nullptr, "after which the broker aborts a transaction"),
  });
}

Settings settings_in(const nlohmann::json& given) {
  const Json all = complete_settings("Kafka", described_settings(), given);
  const std::string membership = all.at("membership");
  return {.acks = all.at("acks"),
          .idempotence = all.at("idempotence"),
          .linger_ms = all.at("linger_ms"),
          .partitions = all.at("partitions"),
          .flush_messages = all.at("flush_messages"),
          .initial_rebalance_delay_ms = all.at("initial_rebalance_delay_ms"),
          .membership = membership == "static"    ? Membership::of_name
                        : membership == "dynamic" ? Membership::dynamic
                                                  : Membership::assigned,
          .shares = all.at("shares"),
          .auto_commit = all.at("commit") == "auto",
          .auto_commit_interval_ms = all.at("auto_commit_interval_ms"),
          .isolation = all.at("isolation"),
          .session_timeout_ms = all.at("session_timeout_ms"),
          .max_poll_interval_ms = all.at("max_poll_interval_ms"),
          .fenced = all.at("transactional_id") == "by-name",
          .transaction_timeout_ms = all.at("transaction_timeout_ms")};
}

}  // namespace assay::kafka
