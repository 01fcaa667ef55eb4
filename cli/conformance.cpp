#include "cli/conformance.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

#include "cli/broker.hpp"
#include "cli/page.hpp"
#include "cli/supervised-agent.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds signal_timeout{10'000};
constexpr milliseconds longest_silence{60'000};  // of the agent: each of its calls has a deadline far below
constexpr std::int64_t answer_timeout_ms = 5'000;
constexpr std::uint64_t conformance_recording_bytes = record_header_bytes + (1u << 20);

AgentConfiguration configuration_for(const Broker& broker, const Profile& profile, const std::filesystem::path& scratch) {
  AgentConfiguration configuration{.role = "conformance", .process = "conformance"};
  configuration.run = "selftest";
  configuration.recording = (scratch / "conformance.rec").string();
  configuration.address = broker.address();
  configuration.channel = "selftest";
  configuration.group = "assay";
  configuration.settings = profile.settings.dump();
  configuration.request_timeout_ms = answer_timeout_ms;
  return configuration;
}

// Drives one examination: the agent tries, this side lends it the server.
class Examiner {
 public:
  Examiner(const SystemDescription& system, const Profile& profile, std::filesystem::path scratch, ChildWatch& watch)
      : system_(system), profile_(profile), scratch_(std::move(scratch)), watch_(watch), wake_(watch.subscribe()),
        control_("ipc://" + (scratch_ / "control").string()), broker_(started_broker(system, profile, scratch_, spawn_)) {}

  std::vector<ConformanceCheck> run() {
    broker_->start_fresh(start_deadline());
    agent_ = start_our_agent(spawn_, system_.program, configuration_for(*broker_, profile_, scratch_), control_.endpoint(),
                             broker_->secret(), conformance_recording_bytes, scratch_ / "conformance.log");
    auto silent_by = Deadline::in(longest_silence);
    while (true) {
      const bool heard = hear();
      if (heard) silent_by = Deadline::in(longest_silence);
      if (heard) continue;
      if (agent_->done) break;
      if (const auto why = trouble(silent_by); !why.empty()) {
        checks_.push_back({"agent", "answers", "does not", why});
        break;
      }
      wake_->clear();
      if (!agent_->child().poll()) control_.wait({wake_->descriptor()}, silent_by);
    }
    return std::move(checks_);
  }

 private:
  Deadline start_deadline() const { return Deadline::in(milliseconds(profile_.evidence.start_timeout_ms)); }

  // Takes in all it has said so far. False: nothing.
  bool hear() {
    bool any = false;
    while (const auto message = control_.receive()) {
      any = true;
      if (message->body.is_null()) complaint_ = "it broke the protocol: " + message->raw.substr(0, 120);
      else take(message->body);
    }
    return any;
  }

  void take(const nlohmann::json& body) {
    const auto type = body.value("type", "");
    if (type == "hello") greet();
    else if (type == "checked") checks_.push_back(check_in(body));
    else if (type == "server") serve(body.value("act", ""));
    else if (const auto wrong = agent_->take(body); !wrong.empty()) complaint_ = "it " + wrong;
    if (type == "ready") say({{"type", "go"}, {"declared", declaration()}});
    if (type == "done") say({{"type", "bye"}});
  }

  void greet() {
    auto configure = to_json(agent_->configuration());
    configure["type"] = "configure";
    say(configure);
  }

  nlohmann::json declaration() const {
    return {{"abilities", system_.described.at("abilities")}, {"timers", system_.described.at("timers")}};
  }

  static ConformanceCheck check_in(const nlohmann::json& body) {
    return {.ability = body.value("ability", ""),
            .declared = body.value("declared", ""),
            .seen = body.value("seen", ""),
            .line = body.value("line", "")};
  }

  void serve(const std::string& act) {
    if (act == "stop") stop_server();
    else if (act == "kill") kill_server();
    else if (act == "heal") heal_server();
    else complaint_ = "it asks for a server that is to \"" + act + "\"";
    say({{"type", "server"}, {"done", act}});
  }

  void stop_server() {
    broker_->signal(SIGSTOP);
    await_server(Change::Kind::stopped);
    stopped_ = true;
  }

  void kill_server() {
    broker_->signal(SIGKILL);
    if (!broker_->child()->wait_ended(Deadline::in(signal_timeout))) throw std::runtime_error("kill the server: it lives on");
    stopped_ = false;
  }

  void heal_server() {
    if (!broker_->running()) return broker_->restart(start_deadline());
    if (!stopped_) return;
    broker_->signal(SIGCONT);
    await_server(Change::Kind::continued);
    stopped_ = false;
  }

  void await_server(Change::Kind kind) {
    const auto deadline = Deadline::in(signal_timeout);
    while (!deadline.passed()) {
      wake_->clear();
      while (const auto change = broker_->child()->poll())
        if (change->kind == kind || change->ended()) return;
      control_.wait({wake_->descriptor()}, deadline);
    }
    throw std::runtime_error("stop or continue the server: it does not");
  }

  // Why the examination cannot go on; empty while it can.
  std::string trouble(Deadline silent_by) {
    if (watch_.interrupted() != 0) throw std::runtime_error("selftest: interrupted");
    if (!complaint_.empty()) return complaint_;
    if (const auto& end = agent_->child().end()) return "it ended by itself: " + to_string(*end) + tail();
    if (silent_by.passed()) return "it has said nothing for " + std::to_string(longest_silence.count()) + " ms" + tail();
    return {};
  }

  std::string tail() const {
    const auto lines = last_lines(agent_->log(), 3);
    return lines.empty() ? "" : "; its last lines: " + lines;
  }

  void say(const nlohmann::json& body) { control_.send(agent_->name(), body); }

  const SystemDescription& system_;
  const Profile& profile_;
  std::filesystem::path scratch_;
  ChildWatch& watch_;
  std::shared_ptr<ChildWatch::Wake> wake_;
  Spawn spawn_ = [](const Command& command) { return ChildProcess::spawn(command); };
  SupervisorControl control_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<SupervisedAgent> agent_;
  std::vector<ConformanceCheck> checks_;
  std::string complaint_;
  bool stopped_ = false;
};

const char* verdict_word(const ConformanceCheck& check) {
  if (!check.checked()) return "not checked";
  return check.agrees() ? "agrees" : "differs";
}

Paint paint_for(const ConformanceCheck& check) {
  if (!check.checked()) return Paint::inconclusive;
  return check.agrees() ? Paint::none : Paint::violated;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

// "send_answered     true            ok              differs", and below it what was tried.
void append_check(Lines& lines, const ConformanceCheck& check, const Look& look) {
  const auto field = [&](const std::string& text, int columns) {
    return left(cut(shown(or_dash(text), look), columns, look), columns) + "  ";
  };
  lines.push_back({"  " + field(check.ability, 18) + field(check.declared, 24) + field(check.seen, 24) + verdict_word(check),
                   paint_for(check)});
  for (const auto& part : wrapped(shown(check.line, look), look.columns - 6, 4, look)) lines.push_back({"      " + part, Paint::faint});
}

}  // namespace

std::vector<ConformanceCheck> hold_against_itself(const SystemDescription& system, const Profile& profile,
                                                  const std::filesystem::path& scratch, ChildWatch& watch) {
  return Examiner(system, profile, scratch, watch).run();
}

bool conforms(const std::vector<ConformanceCheck>& checks) {
  const auto differs = [](const auto& check) { return check.checked() && !check.agrees(); };
  return std::any_of(checks.begin(), checks.end(), [](const auto& check) { return check.checked(); }) &&
         std::none_of(checks.begin(), checks.end(), differs);
}

std::string conformance_text(const std::string& subject, const std::vector<ConformanceCheck>& checks, const Look& look) {
  Lines lines{{subject, Paint::strong}, {}};
  lines.push_back({"  " + left("ability", 20) + left("declared", 26) + left("seen", 26) + "verdict", Paint::strong});
  std::int64_t agree = 0, differ = 0, unchecked = 0;
  for (const auto& check : checks) {
    append_check(lines, check, look);
    ++(!check.checked() ? unchecked : check.agrees() ? agree : differ);
  }
  lines.push_back({});
  lines.push_back({grouped(agree) + " agree, " + grouped(differ) + " differ, " + grouped(unchecked) + " not checked",
                   differ > 0 ? Paint::violated : Paint::upheld});
  return print(lines, look);
}

}  // namespace assay
