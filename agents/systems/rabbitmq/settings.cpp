#include "agents/systems/rabbitmq/settings.hpp"

#include "agents/systems/given-settings.hpp"

namespace assay::rabbitmq {
namespace {

using Json = nlohmann::ordered_json;

const Json anywhere;
const Json classic{{"queue_type", {"classic"}}}, quorum{{"queue_type", {"quorum"}}};
const Json dead_lettering{{"dead_letter", {"at-most-once", "at-least-once"}}};

// At least once, what finds no room waits where no client sees it.
const Json dropping_into_a_queue{{"dead_letter", {"at-most-once"}}, {"dead_letter_target", {"queue"}}};

constexpr std::int64_t most_messages = 1'000'000, longest_ms = 3'600'000;
constexpr std::int64_t longest_queue_age_ms = 8000;  // a consumer has ten seconds to open it

// A quorum queue of 700 ms was lost in 10 kills of 10, one of 1000 ms in none of 11.
constexpr std::int64_t usual_queue_age_ms = 1500;

Json setting(const std::string& name, const char* type, const Json& usual, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", type}, {"default", usual}};
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

Json one_of(const std::string& name, const Json& values, const Json& with, const std::string& about) {
  Json described = setting(name, "string", values.at(0), with, about);
  described["values"] = values;
  return described;
}

Json flag(const std::string& name, bool usual, const Json& with, const std::string& about) {
  return setting(name, "boolean", usual, with, about);
}

// 0 is its default, and none.
Json limit(const std::string& name, std::int64_t most, const Json& with, const std::string& about) {
  Json described = setting(name, "integer", 0, with, about);
  described["min"] = 0;
  described["max"] = most;
  return described;
}

}  // namespace

const std::vector<std::int64_t>& heartbeats_s() {
  static const std::vector<std::int64_t> all{1, 2, 5, 10, 30, 60};
  return all;
}

nlohmann::ordered_json described_settings() {
  Json retry = limit("dead_letter_retry_ms", longest_ms, {{"dead_letter", {"at-least-once"}}},
                     "after how long a dead letter that was not confirmed is published again "
                     "(dead_letter_worker_publisher_confirm_timeout of a server that assay starts)");
  retry["default"] = 180'000;
  retry["min"] = 100;
  Json age = limit("queue_age_ms", longest_queue_age_ms, quorum,
                   "how long a queue that a consumer has just made is left alone, before anybody uses it: a younger one does not survive a kill");
  age["default"] = usual_queue_age_ms;
  Json heartbeat = setting("heartbeat_s", "integer", 0, anywhere, "how often a living client is heard of at least; 0: nobody asks");
  heartbeat["values"] = Json::array({0});
  for (const auto seconds : heartbeats_s()) heartbeat["values"].push_back(seconds);
  return Json::array({
      one_of("queue_type", {"classic", "quorum"}, anywhere, "x-queue-type"),
      flag("durable", true, classic, "the queue is there after a restart of the server, and with it its persistent messages"),
      flag("persistent", true, anywhere, "delivery mode 2 of every message; false: mode 1"),
      flag("confirms", true, anywhere, "confirm.select: the server answers each publish; false: nothing does"),
      flag("mandatory", false, anywhere, "what no queue takes is returned"),
      flag("auto_ack", false, anywhere, "no-ack of basic.consume: the server forgets a message as it writes it to the socket"),
      limit("max_length", most_messages, anywhere, "x-max-length of the queue; 0: none"),
      one_of("overflow", {"drop-head", "reject-publish", "reject-publish-dlx"}, anywhere, "x-overflow: what a full queue does"),
      limit("message_ttl_ms", longest_ms, anywhere, "x-message-ttl of the queue; 0: none"),
      limit("delivery_limit", most_messages, quorum, "x-delivery-limit; 0: none"),
      flag("queue_settled", true, {{"durable", {true}}},
           "whoever declares the queue binds it as well, so that its declaration is on disk before anything is put into it"),
      age,
      one_of("dead_letter", {"none", "at-most-once", "at-least-once"}, anywhere,
             "x-dead-letter-exchange, and x-dead-letter-strategy of a quorum queue: what becomes of messages that the queue gives up"),
      one_of("dead_letter_target", {"queue", "missing"}, dead_lettering, "whether the queue for them was ever declared"),
      limit("dead_letter_max_length", most_messages, dropping_into_a_queue, "x-max-length of that queue, which rejects what is beyond; 0: none"),
      retry,
      heartbeat,
  });
}

Settings settings_in(const nlohmann::json& given) {
  const Json all = complete_settings("RabbitMQ", described_settings(), given);
  return {.queue_type = all.at("queue_type"),
          .durable = all.at("durable"),
          .max_length = all.at("max_length"),
          .overflow = all.at("overflow"),
          .message_ttl_ms = all.at("message_ttl_ms"),
          .delivery_limit = all.at("delivery_limit"),
          .queue_settled = all.at("queue_settled"),
          .queue_age_ms = all.at("queue_age_ms"),
          .dead_letter = all.at("dead_letter"),
          .dead_letter_target = all.at("dead_letter_target"),
          .dead_letter_max_length = all.at("dead_letter_max_length"),
          .dead_letter_retry_ms = all.at("dead_letter_retry_ms"),
          .persistent = all.at("persistent"),
          .confirms = all.at("confirms"),
          .mandatory = all.at("mandatory"),
          .auto_ack = all.at("auto_ack"),
          .heartbeat_s = all.at("heartbeat_s")};
}

}  // namespace assay::rabbitmq
