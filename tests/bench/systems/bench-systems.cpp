// What assay's agents cost on real systems: the throughput of a control trial,
// from what the agents recorded, against the plainest loop with the same library,
// on a server of its own with the same settings. The two take turns. And how long
// a server takes until the adapter says that it is ready. One line of JSON a
// round; ci/bench makes the table.
//
// An agent also does what it receives messages for: a row in an SQLite file. The
// plain loop does nothing with them, so there is a ratio without that, too.
//
//     bench-systems ROUNDS NS_PER_EVENT MESSAGES SYSTEM...
//
// MESSAGES 0: as many as keep that system busy for some seconds.
#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>

#include "agents/control/configuration.hpp"
#include "checker/history/payload.hpp"
#include "cli/broker.hpp"
#include "cli/containment.hpp"
#include "cli/run.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int window = 16;  // in flight, prefetched, and acknowledged together
constexpr int body_bytes_each = 100;
constexpr std::chrono::seconds start_limit{60}, loop_limit{300};

struct Subject {
  std::string name;
  std::int64_t messages;  // some seconds' worth
  Json settings = Json::object();  // beside the defaults
};

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all{
      {"redis", 120'000},
      {"nats", 60'000},
      {"beanstalkd", 120'000},
      {"postgres", 60'000},
      {"mqtt", 120'000, {{"max_queued_messages", 0}}},
      {"rabbitmq", 30'000},
      {"kafka", 30'000},
  };
  return all;
}


const Subject& subject_named(const std::string& name) {
  for (const auto& subject : subjects())
    if (subject.name == name) return subject;
  throw std::runtime_error("no such system here");
}

struct Rates {
  double send = 0, receive = 0;                // messages per second
  double send_events = 0, receive_events = 0;  // recorded for each message
  double effect = 0;                           // share of the time of receiving
};

// What one agent recorded from the first event of its work to the last.
struct Span {
  std::int64_t first = 0, last = 0, events = 0;
  std::int64_t effects = 0;  // ns between the beginning of an effect and its end

  void begin(const Event& event) {
    if (first == 0) first = event.time;
  }
  void end(const Event& event) { last = event.time; }
  double rate(std::int64_t messages) const { return static_cast<double>(messages) * 1e9 / static_cast<double>(last - first); }
};

const Recording& recording_of(const Trial& trial, const std::string& process) {
  for (const auto& recording : trial.recordings)
    if (recording.process == process && recording.incarnation == 1) return recording;
  throw std::runtime_error("the trial has no recording of " + process);
}

void expect_all(std::int64_t found, std::int64_t messages, const std::string& what) {
  if (found == messages) return;
  throw std::runtime_error(std::to_string(found) + " of " + std::to_string(messages) + " messages were " + what + ": no measurement");
}

Span sending(const Trial& trial, std::int64_t messages) {
  Span span;
  std::int64_t answered = 0;
  for (const auto& event : recording_of(trial, "producer-0").events) {
    if (event.type != Type::send || is_marker(event.message)) continue;
    span.begin(event);
    ++span.events;
    if (event.phase != Phase::ok) continue;
    span.end(event);
    ++answered;
  }
  expect_all(answered, messages, "acknowledged");
  return span;
}

// An acknowledgement names its delivery and no message.
Span receiving(const Trial& trial, std::int64_t messages) {
  Span span;
  std::set<std::pair<std::string, std::string>> ours;
  std::int64_t acknowledged = 0;
  for (const auto& event : recording_of(trial, "consumer-0").events) {
    const std::pair delivery(event.session, event.tag);
    if (event.type == Type::deliver && !is_marker(event.message)) {
      span.begin(event);
      ours.insert(delivery);
    }
    if (event.type == Type::ack && !ours.contains(delivery)) continue;
    if (ours.empty() || is_marker(event.message) || event.type == Type::session || event.type == Type::drain) continue;
    ++span.events;
    if (event.type == Type::effect) span.effects += event.phase == Phase::begin ? -event.time : event.time;
    if (event.phase != Phase::confirmed && event.phase != Phase::unconfirmed) continue;
    span.end(event);
    ++acknowledged;
  }
  expect_all(acknowledged, messages, "delivered and acknowledged");
  return span;
}

struct NotInstalled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Bench {
 public:
  Bench(const Subject& subject, std::int64_t messages, const fs::path& scratch, ChildWatch& watch)
      : scratch_(scratch), watch_(watch), profile_(profile_for(subject, messages)), system_(system_of(profile_)),
        plan_(make_plan(profile_, system_, 1, "")) {
    if (system_.version().empty()) throw NotInstalled(system_.missing());
  }

  Rates agents() {
    const auto directory = fresh_directory();
    RunStore store(directory / "run", plan_);
    const auto result = run_trials(plan_, system_, {.scratch = directory}, watch_, store);
    if (result.judgements.empty()) throw std::runtime_error("no trial was run");
    const auto& judgement = result.judgements.front();
    if (!judgement.environment.empty()) throw std::runtime_error("a trial is no evidence: " + judgement.environment.front());
    const auto trial = store.read(judgement.trial);
    const auto messages = profile_.workload.messages;
    const auto sent = sending(trial, messages), received = receiving(trial, messages);
    const auto each = [&](const Span& span) { return static_cast<double>(span.events) / static_cast<double>(messages); };
    return {sent.rate(messages), received.rate(messages), each(sent), each(received),
            static_cast<double>(received.effects) / static_cast<double>(received.last - received.first)};
  }

  Rates plain() {
    const auto broker = started_broker(system_, profile_, fresh_directory(), spawn_);
    broker->start_fresh(Deadline::in(start_limit));
    const auto finished = run_to_end({.argv = {program_beside_adapters("plain-" + profile_.system).string(), broker->address(),
                                               std::to_string(profile_.workload.messages), std::to_string(message_bytes()),
                                               std::to_string(window)},
                                      .environment = {{"ASSAY_SECRET", broker->secret()}},
                                      .directory = {},
                                      .output = {}},
                                     Deadline::in(loop_limit));
    const auto times = Json::parse(finished.output, nullptr, false);
    if (!times.is_object()) throw std::runtime_error("the plain loop: " + to_string(finished.end) + ": " + finished.errors);
    const auto messages = static_cast<double>(profile_.workload.messages);
    return {messages / times.at("send_s").get<double>(), messages / times.at("receive_s").get<double>()};
  }

  // In milliseconds: of a fresh server from its spawn, and on the same data from its end.
  std::pair<double, double> starts() {
    const auto broker = started_broker(system_, profile_, fresh_directory(), spawn_);
    const auto fresh = ms_of([&] { broker->start_fresh(Deadline::in(start_limit)); });
    const auto again = ms_of([&] {
      broker->signal(SIGKILL);
      broker->child()->wait_ended(Deadline::in(start_limit));
      broker->restart(Deadline::in(start_limit));
    });
    return {fresh, again};
  }

 private:
  Profile profile_for(const Subject& subject, std::int64_t messages) const {
    const auto file = scratch_ / (subject.name + ".json");
    const Json text{{"system", {{"name", subject.name}, {"settings", subject.settings}}},
                    {"claim", "at-least-once"},
                    {"roles", {{"producer", "retry-until-acknowledged"}, {"consumer", "acknowledge-after-process"}}},
                    {"workload", {{"messages", messages ? messages : subject.messages}, {"size", body_bytes_each}, {"in_flight", window},
                                  {"prefetch", window}, {"ack_batch", window}, {"start", "producers-first"}}},
                    {"evidence", {{"start_timeout_ms", 60'000}, {"drain_timeout_ms", 120'000}, {"request_timeout_ms", 20'000}}}};
    std::ofstream(file) << text.dump() << "\n";
    auto profile = load_profile(file);
    profile.faults.mode = FaultMode::none;
    return profile;
  }

  // What an agent sends is the body and who it is.
  std::size_t message_bytes() const {
    const auto message = message_id(1, "producer-0", profile_.workload.messages);
    return to_bytes({.run = plan_.run, .message = message, .attempt = 1001, .key = "k1", .body = body_of(1, message, body_bytes_each)}).size();
  }

  fs::path fresh_directory() const {
    const auto directory = scratch_ / "round";
    fs::remove_all(directory);
    fs::create_directory(directory);
    return directory;
  }

  template <typename Act>
  static double ms_of(Act act) {
    const auto start = monotonic_ns();
    act();
    return static_cast<double>(monotonic_ns() - start) / 1e6;
  }

  fs::path scratch_;
  ChildWatch& watch_;
  Profile profile_;
  SystemDescription system_;
  RunPlan plan_;
  Spawn spawn_ = [](const Command& command) { return ChildProcess::spawn(command); };
};

// The share of an agent's time that goes into its record.
double percent(double events, double ns_per_event, double rate) { return events * ns_per_event * rate / 1e9 * 100; }

void print_round(const std::string& name, Bench& bench, double ns_per_event) {
  const auto agents = bench.agents();
  const auto plain = bench.plain();
  const auto [fresh, again] = bench.starts();
  const double receive = agents.receive / plain.receive;
  const Json line{{"agents/plain", {{name, {{"send", agents.send / plain.send}, {"receive", receive},
                                            {"receive-effect", receive / (1 - agents.effect)}}}}},
                  {"effect_percent", {{name, {{"receive", agents.effect * 100}}}}},
                  {"recording_percent",
                   {{name, {{"send", percent(agents.send_events, ns_per_event, agents.send)},
                            {"receive", percent(agents.receive_events, ns_per_event, agents.receive)}}}}},
                  {"messages_per_s",
                   {{name, {{"send.agents", agents.send}, {"send.plain", plain.send},
                            {"receive.agents", agents.receive}, {"receive.plain", plain.receive}}}}},
                  {"ready_ms", {{name, {{"spawn", fresh}, {"SIGKILL", again}}}}}};
  std::cout << line.dump() << std::endl;
}

int measure(const std::vector<std::string>& words, const fs::path& scratch) {
  ChildWatch watch;
  const auto rounds = std::stoi(words.at(0));
  const auto ns_per_event = std::stod(words.at(1));
  const auto messages = std::stoll(words.at(2));
  int status = 0;
  for (auto name = words.begin() + 3; name != words.end(); ++name) {
    try {
      Bench bench(subject_named(*name), messages, scratch, watch);
      for (int round = 0; round < rounds && watch.interrupted() == 0; ++round) print_round(*name, bench, ns_per_event);
    } catch (const NotInstalled& missing) {
      std::cerr << "bench-systems: " << missing.what() << std::endl;
    } catch (const std::exception& error) {
      std::cerr << "bench-systems: " << *name << ": " << error.what() << std::endl;
      status = 1;
    }
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 4) {
    std::cerr << "usage: bench-systems ROUNDS NS_PER_EVENT MESSAGES SYSTEM..." << std::endl;
    return 64;
  }
  return contained([&](const Containment& containment) { return measure(words, containment.scratch); });
}
