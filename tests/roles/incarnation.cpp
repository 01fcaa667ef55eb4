#include "tests/roles/incarnation.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "agents/recording/recorder.hpp"
#include "checker/history/payload.hpp"

namespace assay {
namespace {

std::string planned_digest(const Event& event) {
  return digest(Payload{.run = "r1",
                        .message = event.message,
                        .key = event.key,
                        .body = body_of(9, event.message, static_cast<std::size_t>(body_bytes(event.message, 40)))});
}

std::string shown(const Event& event, const Field& field) {
  if (field.name == "digest") return event.digest == planned_digest(event) ? "" : event.digest;
  if (const auto* text = std::get_if<Field::Text>(&field.member)) return event.*(*text);
  if (const auto* number = std::get_if<Field::Number>(&field.member))
    return event.*(*number) ? std::to_string(*(event.*(*number))) : "";
  const auto flag = event.*std::get<Field::Flag>(field.member);
  return flag ? (*flag ? "yes" : "no") : "";
}

}  // namespace

Bench::Bench() : control("ipc://" + (directory / "control").string()) {
  system.stored = directory / "stored";
  system.acked = directory / "acked";
  system.output = directory / "output";
}

AgentConfiguration Bench::producer(std::int64_t incarnation) const {
  return {.role = "retry-until-acknowledged",
          .process = "producer-0",
          .incarnation = incarnation,
          .trial = 4,
          .run = "r1",
          .seed = 9,
          .recording = (directory / ("producer-0#" + std::to_string(incarnation) + ".rec")).string(),
          .channel = "orders",
          .cursor = (directory / "cursor").string(),
          .messages = 3,
          .size = 40,
          .keys = 1,
          .request_timeout_ms = 5000};
}

AgentConfiguration Bench::consumer(std::int64_t incarnation) const {
  AgentConfiguration configuration = producer(incarnation);
  configuration.role = "acknowledge-after-process";
  configuration.process = "consumer-0";
  configuration.recording = (directory / ("consumer-0#" + std::to_string(incarnation) + ".rec")).string();
  configuration.group = "workers";
  configuration.sink = (directory / "sink.db").string();
  return configuration;
}

AgentConfiguration Bench::auditor() const {
  AgentConfiguration configuration = consumer();
  configuration.role = "auditor";
  configuration.process = "auditor";
  configuration.recording = (directory / "auditor#1.rec").string();
  return configuration;
}

std::vector<std::string> Bench::stored() const {
  std::ifstream file(system.stored);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

Incarnation::Incarnation(Bench& bench, const AgentConfiguration& configuration, const std::string& verb)
    : bench_(bench),
      configuration_(configuration),
      name_(incarnation_name(configuration.process, configuration.incarnation)) {
  create_recording(configuration.recording, configuration.process, configuration.incarnation, configuration.trial,
                   1 << 20);
  const auto script = bench.directory / (name_ + ".script");
  bench.system.write(script);
  process_ = ChildProcess::spawn({.argv = {ASSAY_BIN_DIR "/assay-fake", verb, bench.control.endpoint()},
                                  .environment = {{"FAKE_SCRIPT", script}, {"ASSAY_IDENTITY", name_}},
                                  .directory = {},
                                  .output = bench.directory / (name_ + ".stderr")});
}

void Incarnation::arm(Window window, std::int64_t occurrence) {
  RecordMapping mapping(configuration_.recording);
  mapping.header().armed_occurrence = static_cast<std::uint64_t>(occurrence);
  mapping.header().armed_window = static_cast<std::uint32_t>(window);
}

nlohmann::json Incarnation::heard(const std::string& type) {
  const Deadline deadline = Deadline::in(std::chrono::seconds(10));
  while (!deadline.passed()) {
    const auto message = bench_.control.receive();
    if (!message) {
      bench_.control.wait({}, deadline);
      continue;
    }
    if (message->identity != name_) continue;  // the last word of one that is dead
    REQUIRE_MESSAGE(message->body.is_object(), message->raw);
    if (message->body.at("type") == "progress" && type != "progress") continue;
    REQUIRE_MESSAGE(message->body.at("type") == type, message->raw);
    return message->body;
  }
  FAIL("waited in vain for " << type);
  return {};
}

void Incarnation::say(const nlohmann::json& command) { bench_.control.send(name_, command); }

void Incarnation::configure_and_go() {
  heard("hello");
  auto configure = to_json(configuration_);
  configure["type"] = "configure";
  say(configure);
  heard("ready");
  say({{"type", "go"}});
}

int Incarnation::await_exit() {
  const auto end = process_->wait_ended(Deadline::in(std::chrono::seconds(60)));  // its own alarm comes first
  REQUIRE(end);
  REQUIRE(end->kind == Change::Kind::exited);
  return end->value;
}

void Incarnation::await_stop() {
  siginfo_t change{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(process_->pid()), &change, WSTOPPED | WEXITED | WNOWAIT) == 0);
  REQUIRE(change.si_code == CLD_STOPPED);
}

void Incarnation::go_on() { process_->signal(SIGCONT); }

void Incarnation::await_stop_and_kill() {
  await_stop();
  process_.reset();
}

Recording Incarnation::recording() const {
  const auto recording = read_record_file(configuration_.recording, Ending::killed);
  REQUIRE(recording.damage == "");
  return recording;
}

std::string Incarnation::errors() const { return contents(bench_.directory / (name_ + ".stderr")); }

Recording produce_all(Bench& bench, const AgentConfiguration& configuration) {
  Incarnation producer(bench, configuration);
  producer.configure_and_go();
  producer.heard("done");
  producer.say({{"type", "bye"}});
  CHECK(producer.await_exit() == 0);
  CHECK(producer.errors() == "");
  return producer.recording();
}

Recording consume_all(Bench& bench, const AgentConfiguration& configuration) {
  Incarnation consumer(bench, configuration);
  consumer.configure_and_go();
  consumer.heard("seen");
  consumer.say({{"type", "bye"}});
  CHECK(consumer.await_exit() == 0);
  CHECK(consumer.errors() == "");
  return consumer.recording();
}

Lines operator+(Lines left, const Lines& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Lines first(const Lines& lines, std::size_t count) { return {lines.begin(), lines.begin() + static_cast<long>(count)}; }

Lines story(const Recording& recording) {
  Lines lines;
  for (const Event& event : recording.events) {
    if (event.type == Type::environment && event.level == "warn") {
      lines.push_back("~ " + event.line);
      continue;
    }
    std::string line = short_name(event);
    for (const Field& field : fields()) {
      const std::string value = shown(event, field);
      if (!value.empty()) line += " " + std::string(field.name) + "=" + value;
    }
    lines.push_back(line);
  }
  return lines;
}

Delivery delivery_of(const AgentConfiguration& configuration, const std::string& message, const std::string& tag) {
  const auto bytes = static_cast<std::size_t>(body_bytes(message, configuration.size));
  const Payload payload{.run = configuration.run,
                        .message = message,
                        .attempt = 1001,
                        .key = "k0",
                        .body = body_of(configuration.seed, message, bytes)};
  return {.bytes = to_bytes(payload), .copy = "orders/" + tag, .session = "s1", .tag = tag, .asked = 42};
}

}  // namespace assay
