#include "cli/own-agent.hpp"

#include "checker/history/files.hpp"
#include "checker/history/payload.hpp"
#include "cli/broker.hpp"
#include "cli/line-trail.hpp"
#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t messages_heard = 10'000;  // over control, from one agent; beyond that it floods

std::string body_in(const AgentConfiguration& agent, const std::string& message) {
  return body_of(agent.seed, message, static_cast<std::size_t>(body_bytes(message, agent.size)));
}

// A line for each message that a producer has to send, in their order.
std::string messages_of(const AgentConfiguration& agent) {
  std::string lines;
  for (std::int64_t number = 1; number <= agent.messages; ++number) {
    const auto message = message_id(agent.trial, agent.process, number);
    const nlohmann::ordered_json line{
        {"message", message}, {"key", key_of(message, agent.keys, agent.seed)}, {"body", body_in(agent, message)}};
    lines += line.dump() + "\n";
  }
  return lines;
}

// "consumer-0#1@12"
std::string identity_of(const AgentConfiguration& agent) {
  return incarnation_name(agent.process, agent.incarnation) + "@" + std::to_string(agent.trial);
}

class OwnAgentProcess : public SupervisedAgent {
 public:
  OwnAgentProcess(AgentConfiguration configuration, json configure, std::unique_ptr<LineTrail> trail, ChildProcess child, fs::path log,
                  std::string token, std::string command)
      : SupervisedAgent(std::move(configuration), std::move(configure), std::move(trail), std::move(child), std::move(log)),
        token_(std::move(token)), command_(std::move(command)) {}

  json go() override {
    json body{{"type", "go"}};
    if (const auto stop_at = lines().stop_at(); !stop_at.is_null()) body["stop_at"] = stop_at;
    lines().let_go();
    return body;
  }

  std::string wrong_hello(const json& hello) const override {
    return greeted ? "said hello a second time" : SupervisedAgent::wrong_hello(hello);
  }

  bool belongs(const json& hello) const override { return hello.value("token", json()) == token_; }
  std::string command() const override { return command_; }

  // Of no other trial: what one said last may be read when its namesake is there.
  std::string identity() const override { return identity_of(configuration()); }
  void signal(int number) override { child().signal_group(number); }

  void asked_for(const std::string& marker) override { lines().asked_for(marker); }
  void probe() override {
    lines().forget_probe();
    SupervisedAgent::probe();
  }

  std::string take(const json& body) override {
    if (++heard_ > messages_heard) return "floods: more than " + std::to_string(messages_heard) + " control messages";
    const auto type = body.at("type").get<std::string>();  // a text, as control.hpp says
    if (type == "error") return "gave up: " + (body.value("line", json()).is_string() ? body["line"].get<std::string>() : "without a reason");
    if (!greeted) return "said \"" + type + "\" before hello";
    if (type == "progress") return {};
    if (type == "ready") return ready ? "said ready a second time" : (ready = true, "");
    if (type == "done" && role_of(process()) == "producer") return done = true, "";
    return "broke the agent protocol with a message of type \"" + type + "\"; an agent says hello, ready, progress, done (a producer) or error";
  }

  std::string follow() override {
    const auto wrong = lines().follow();
    sent = lines().sent();
    seen = lines().delivered();
    if (lines().last_probe()) probed_empty = lines().last_probe();
    return wrong;
  }

  std::string cut_short() override { return lines().cut_short(); }
  std::int64_t deliveries() override { return lines().deliveries(); }

 private:
  LineTrail& lines() { return static_cast<LineTrail&>(trail()); }

  std::string token_, command_;
  std::int64_t heard_ = 0;
};

json configure_for(const OwnAgentStart& start, const fs::path& events) {
  const auto& agent = start.configuration;
  const auto trial = start.log.parent_path();
  const auto state = trial / (agent.process + ".state");
  fs::create_directories(state);
  json body{{"protocol", control_protocol},
            {"role", role_of(agent.process)},
            {"process", agent.process},
            {"name", incarnation_name(agent.process, agent.incarnation)},
            {"incarnation", agent.incarnation},
            {"trial", agent.trial},
            {"run", agent.run},
            {"events", events.string()},
            {"state", state.string()},
            {"address", agent.address},
            {"channel", agent.channel},
            {"group", agent.group},
            {"settings", json::parse(agent.settings)},
            {"take_over", agent.take_over},
            {"request_timeout_ms", agent.request_timeout_ms}};
  if (role_of(agent.process) == "producer") {
    const auto file = trial / (agent.process + ".messages.jsonl");
    if (!fs::exists(file)) write_whole_file(file, messages_of(agent));
    body["messages"] = file.string();
    body["in_flight"] = agent.in_flight;
    return body;
  }
  body["prefetch"] = agent.prefetch;
  body["ack_batch"] = agent.ack_batch;
  body["process_ms"] = agent.process_ms;
  if (start.agent.effects && start.agent.query.empty())
    body["effects"] = (effects_folder(trial) / (incarnation_name(agent.process, agent.incarnation) + ".jsonl")).string();
  if (!start.agent.query.empty()) body["database"] = agent.sink;
  return body;
}

}  // namespace

void require_program(const std::string& role, const OwnAgent& agent) {
  require_program(role, agent.command, agent.directory, "/agents/" + role + "/command");
}

void require_program(const std::string& who, const std::vector<std::string>& command, const fs::path& directory, const std::string& where) {
  const auto why = why_not_startable(command, directory);
  if (why.empty()) return;
  throw SystemUnavailable("start the " + who + " by \"" + joined(command, " ") + "\": " + why + "; correct " + where + " or install it");
}

fs::path effects_folder(const fs::path& trial) { return trial / "effects"; }

std::unique_ptr<SupervisedAgent> start_own_agent(const OwnAgentStart& start) {
  const auto& agent = start.configuration;
  const auto name = incarnation_name(agent.process, agent.incarnation);
  const auto token = random_secret();
  const auto events = start.log.parent_path() / (name + ".events.jsonl");
  if (start.agent.effects) fs::create_directories(effects_folder(start.log.parent_path()));

  auto configure = configure_for(start, events);
  auto trail = std::make_unique<LineTrail>(agent, events, start.limit);
  Command command{.argv = started_in(start.agent.directory, start.agent.command),
                  .environment = start.agent.environment,
                  .directory = start.agent.directory,
                  .output = start.log};
  command.environment["ASSAY_CONTROL"] = start.endpoint;
  command.environment["ASSAY_IDENTITY"] = identity_of(agent);
  command.environment["ASSAY_TOKEN"] = token;
  command.environment["ASSAY_SECRET"] = start.secret;
  return std::make_unique<OwnAgentProcess>(agent, std::move(configure), std::move(trail), ChildProcess::spawn(command), start.log,
                                           token, joined(start.agent.command, " "));
}

}  // namespace assay
