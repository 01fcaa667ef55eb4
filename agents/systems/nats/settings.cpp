#include "agents/systems/nats/settings.hpp"

#include <vector>

#include "agents/systems/given-settings.hpp"

namespace assay::nats {
namespace {

using Json = nlohmann::ordered_json;
using Values = std::vector<std::string>;

const Json of_jetstream{{"mode", {"jetstream"}}};
// A workqueue wants an acknowledgement of each message, a pull consumer of one
// that keeps by interest some.
const Json of_limits{{"mode", {"jetstream"}}, {"retention", {"limits"}}};
const Json of_acknowledged{{"mode", {"jetstream"}}, {"ack_policy", {"explicit", "all"}}};

Json word(const std::string& name, const std::string& standard, const Values& values, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", "string"}, {"default", standard}};
  if (!values.empty()) described["values"] = values;
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

struct Range {
  std::int64_t standard, least, most;
};

Json number(const std::string& name, Range range, const Json& with, const std::string& about) {
  return {{"name", name}, {"type", "integer"}, {"default", range.standard}, {"min", range.least}, {"max", range.most},
          {"with", with}, {"about", about}};
}

Json flag(const std::string& name, bool standard, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", "boolean"}, {"default", standard}};
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

}  // namespace

Json described_settings() {
  constexpr std::int64_t hour = 3'600'000;
  return Json::array({
      word("mode", "jetstream", {"jetstream", "core"}, nullptr, "what a channel is: a stream with a pull consumer, or a plain subject"),
      word("storage", "file", {"file", "memory"}, of_jetstream, "where the stream and the state of its consumer are kept"),
      word("retention", "limits", {"limits", "workqueue", "interest"}, of_jetstream,
           "what a stream forgets: what its limits say, or what was acknowledged"),
      number("max_msgs", {0, 0, 1'000'000'000}, of_jetstream, "how many messages a stream holds; 0: no limit"),
      word("discard", "old", {"old", "new"}, of_jetstream, "what a full stream does: drop its oldest message, or refuse the new one"),
      number("duplicate_window_ms", {120'000, 100, hour}, of_jetstream, "how long the server remembers a Nats-Msg-Id"),
      flag("msg_id", true, of_jetstream, "whether the ids of producers that have some go out as Nats-Msg-Id"),
      word("ack_policy", "explicit", {"explicit", "all", "none"}, of_limits,
           "what an acknowledgement covers: one message, all up to it, or there is none"),
      number("ack_wait_ms", {1000, 10, hour}, of_acknowledged, "after how long a message that was not acknowledged is given out again"),
      number("max_deliver", {0, 0, 1'000'000}, of_acknowledged, "how often a message is given out at most; 0: no limit"),
      flag("ack_sync", true, of_acknowledged, "whether a consumer waits until the server has its acknowledgement (AckSync)"),
      flag("queue_group", true, {{"mode", {"core"}}}, "whether the consumers share their messages, or each is given all of them"),
  });
}

Settings settings_in(const nlohmann::json& given) {
  const Json all = complete_settings("NATS", described_settings(), given);
  return {.jetstream = all.at("mode") == "jetstream",
          .storage = all.at("storage"),
          .retention = all.at("retention"),
          .discard = all.at("discard"),
          .max_msgs = all.at("max_msgs"),
          .duplicate_window_ms = all.at("duplicate_window_ms"),
          .msg_id = all.at("msg_id"),
          .ack_policy = all.at("ack_policy"),
          .ack_wait_ms = all.at("ack_wait_ms"),
          .max_deliver = all.at("max_deliver"),
          .ack_sync = all.at("ack_sync"),
          .queue_group = all.at("queue_group")};
}

}  // namespace assay::nats
