#include "agents/systems/mqtt/settings.hpp"

#include "agents/systems/given-settings.hpp"

namespace assay::mqtt {
namespace {

using Json = nlohmann::ordered_json;

Json flag(const std::string& name, bool usual, const std::string& about) {
  return {{"name", name}, {"type", "boolean"}, {"default", usual}, {"about", about}};
}

struct Range {
  std::int64_t least, usual, most;
};

Json number(const std::string& name, Range range, const std::string& about) {
  return {{"name", name}, {"type", "integer"}, {"default", range.usual}, {"min", range.least}, {"max", range.most}, {"about", about}};
}

Json with(Json described, const Json& company) {
  described["with"] = company;
  return described;
}

}  // namespace

Json described_settings() {
  const Json persistent{{"persistence", {true}}};
  return Json::array({
      number("qos", {0, 1, 2}, "quality of service of each message, and of the subscription"),
      flag("clean_session", false, "a subscription and what waits for it end with their connection"),
      {{"name", "loop"},
       {"type", "string"},
       {"default", "threaded"},
       {"values", {"threaded", "plain"}},
       {"about", "how libmosquitto is driven: as by mosquitto_loop_start, or as by mosquitto_loop_forever, which acknowledges before it hands over"}},
      number("client_max_inflight", {1, 20, 65'535}, "messages that a producer's library lets be open at a time; the rest waits in it"),
      flag("persistence", true, "whether the server saves its memory to disk at all"),
      with(number("autosave_interval_s", {0, 1800, 86'400}, "how often it does; 0: only when it ends in order"), persistent),
      with(number("autosave_changes", {0, 0, 1'000'000}, "autosave_on_changes: it does so after this many changes; 0: by time"), persistent),
      number("max_queued_messages", {0, 1000, 1'000'000}, "messages that wait for one client, beside those in flight; 0: no limit"),
      number("max_inflight_messages", {0, 20, 65'535}, "messages in flight to one client; 0: no limit"),
  });
}

Settings settings_in(const nlohmann::json& given) {
  const Json all = complete_settings("MQTT", described_settings(), given);
  return {.qos = all.at("qos"),
          .clean_session = all.at("clean_session"),
          .loop = all.at("loop") == "plain" ? Loop::plain : Loop::threaded,
          .client_max_inflight = all.at("client_max_inflight"),
          .persistence = all.at("persistence"),
          .autosave_interval_s = all.at("autosave_interval_s"),
          .autosave_changes = all.at("autosave_changes"),
          .max_queued_messages = all.at("max_queued_messages"),
          .max_inflight_messages = all.at("max_inflight_messages")};
}

}  // namespace assay::mqtt
