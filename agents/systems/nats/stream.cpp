#include "agents/systems/nats/stream.hpp"

#include <stdexcept>
#include <utility>

#include <poll.h>

#include "agents/systems/nats/names.hpp"

namespace assay::nats {
namespace {

using nlohmann::json;

std::int64_t ns(std::int64_t ms) { return ms * 1'000'000; }
std::int64_t limit(std::int64_t number) { return number == 0 ? -1 : number; }

std::optional<json> attempt(Connection& connection, const std::string& subject, const json& request, Deadline deadline) {
  const auto told = connection.call(subject, request.dump(), deadline);
  if (!told) return std::nullopt;
  return answer_in(*told, subject);
}

json stream_request(const std::string& channel, const Settings& settings) {
  return {{"name", channel},
          {"subjects", {channel}},
          {"storage", settings.storage},
          {"retention", settings.retention},
          {"max_msgs", limit(settings.max_msgs)},
          {"discard", settings.discard},
          {"duplicate_window", ns(settings.duplicate_window_ms)},
          {"num_replicas", 1}};
}

json consumer_request(const std::string& channel, const std::string& group, const Settings& settings) {
  json consumer{{"durable_name", group}, {"deliver_policy", "all"}, {"ack_policy", settings.ack_policy}, {"max_ack_pending", -1}};
  consumer["max_deliver"] = limit(settings.max_deliver);
  if (settings.ack_policy != "none") consumer["ack_wait"] = ns(settings.ack_wait_ms);
  return {{"stream_name", channel}, {"config", consumer}};
}

}  // namespace

json answer_in(const Message& message, const std::string& asked) {
  if (!message.status.empty()) throw std::runtime_error(asked + ": " + message.status + " " + message.words);
  auto answer = json::parse(message.bytes, nullptr, false);
  if (!answer.is_object()) throw std::runtime_error(asked + ": what NATS answered is no JSON object");
  return answer;
}

int error_code(const json& answer) {
  if (!answer.contains("error")) return 0;
  return answer.at("error").value("err_code", answer.at("error").value("code", -1));
}

std::string error_words(const json& answer) {
  return answer.at("error").value("description", answer.at("error").dump());
}

// A server whose JetStream is off answers nothing or an error; core needs no
// JetStream, so that counts as ready, once it has answered a PING.
std::optional<std::string> probe_server(const std::string& address, Deadline deadline) {
  Connection connection(address);
  if (const auto refusal = connection.attempt(deadline)) {
    if (refusal->final) throw std::runtime_error("connect to NATS: " + refusal->reason);
    return refusal->reason;
  }
  const auto told = connection.call("$JS.API.INFO", "", deadline);
  if (!told) return "JetStream: " + connection.why();
  if (told->status == "503") return std::nullopt;
  const auto answer = answer_in(*told, "$JS.API.INFO");
  if (error_code(answer) != 0) return "JetStream: " + error_words(answer);
  return std::nullopt;
}

Stream::Stream(const LinkSetup& setup, const Settings& settings)
    : channel_(checked_channel(setup.channel)), group_(setup.group), settings_(settings) {}

// Of two who create it in the same instant one may hear that it overlaps with a
// stream that exists: with itself. Asked again the server finds it by its name;
// an overlap with another stream stays one.
bool Stream::ensure(Connection& connection, Teller& teller, Deadline deadline) {
  const auto request = stream_request(channel_, settings_);
  auto answer = attempt(connection, subject_of("CREATE"), request, deadline);
  if (answer && error_code(*answer) != 0) answer = ask(connection, subject_of("CREATE"), request, deadline);
  if (!answer) return false;
  const auto created = std::exchange(created_, answer->value("created", ""));
  if (!created.empty() && created != created_) teller.tell_always("warn", "stream " + channel_ + " vanished and was created again");
  return true;
}

// A stream that somebody else is creating is there before it can have consumers.
// The code of that refusal is the one of all refusals.
bool Stream::ensure_consumer(Connection& connection, Deadline deadline) {
  const auto subject = consumer_subject("DURABLE.CREATE");
  for (const auto request = consumer_request(channel_, group_, settings_);; ::poll(nullptr, 0, 1)) {
    const auto answer = attempt(connection, subject, request, deadline);
    if (!answer) return false;
    if (error_code(*answer) == 0) return true;
    if (error_words(*answer) != "invalid stream" || deadline.passed()) throw std::runtime_error(subject + ": " + error_words(*answer));
  }
}

std::optional<json> Stream::ask(Connection& connection, const std::string& subject, const json& request, Deadline deadline) {
  auto answer = attempt(connection, subject, request, deadline);
  if (answer && error_code(*answer) != 0) throw std::runtime_error(subject + ": " + error_words(*answer));
  return answer;
}

}  // namespace assay::nats
