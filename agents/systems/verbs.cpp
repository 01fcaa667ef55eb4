#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <netdb.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agents/os/descriptor.hpp"
#include "agents/os/zygote.hpp"
#include "agents/roles/role.hpp"
#include "agents/systems/adapter.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr int exit_not_ready = 1, exit_usage = 64, exit_failure = 70;
constexpr milliseconds configure_timeout{30'000};
constexpr milliseconds probe_timeout{10'000}, probe_attempt{500}, probe_interval{3};

// One line, whatever the reason looks like.
void complain(std::string line) {
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::cerr << program_invocation_short_name << ": " << line << std::endl;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
}

// --- agent, audit ---

struct IncarnationName {
  std::string whole;  // "consumer-0#2"
  std::string process;
  std::int64_t incarnation = 0;
};

IncarnationName own_name() {
  const char* text = std::getenv("ASSAY_IDENTITY");
  const std::string whole = text ? text : "";
  const auto mark = whole.rfind('#');
  const std::string digits = mark == std::string::npos ? "" : whole.substr(mark + 1);
  if (mark == 0 || !is_number(digits))
    throw std::runtime_error("ASSAY_IDENTITY must be like consumer-0#2, not \"" + whole + "\"");
  return {whole, whole.substr(0, mark), std::stoll(digits)};
}

// An adapter's executable is assay-SYSTEM; asking it to describe itself may
// mean starting a server to learn its version.
std::string system_name() {
  const std::string program = program_invocation_short_name;
  return program.starts_with("assay-") ? program.substr(6) : program;
}

AgentConfiguration introduce(AgentControl& control, const IncarnationName& name) {
  control.send({{"type", "hello"},
                {"process", name.process},
                {"incarnation", name.incarnation},
                {"pid", ::getpid()},
                {"protocol", control_protocol},
                {"system", system_name()}});
  const auto command = control.receive(Deadline::in(configure_timeout));
  if (!command) throw std::runtime_error("supervisor said nothing after hello");
  if (command->at("type") != "configure") reject(*command);
  return agent_configuration(*command);
}

// Neither a full recording nor a lost supervisor may hide the reason.
template <typename Attempt>
void try_to(Attempt attempt) {
  try {
    attempt();
  } catch (const std::exception& error) {
    complain(error.what());
  }
}

int be_agent(System& system, const std::string& endpoint, const std::string& only_role) {
  const IncarnationName name = own_name();
  prctl(PR_SET_NAME, name.whole.c_str());  // what ps and top show
  AgentControl control(endpoint, name.whole);
  std::optional<Recorder> recorder;
  try {
    const AgentConfiguration configuration = introduce(control, name);
    if (!only_role.empty() && configuration.role != only_role)
      throw std::runtime_error("this verb runs the role " + only_role + ", not \"" + configuration.role + "\"");
    recorder.emplace(configuration.recording);
    CrashPoints points(recorder->mapping().header(), &*recorder);
    run_role({configuration, control, *recorder, points, system});
    return 0;
  } catch (const std::exception& error) {
    complain(name.whole + ": " + error.what());
    if (recorder) try_to([&] { recorder->record(environment_event("error", name.process, error.what())); });
    try_to([&] { control.send({{"type", "error"}, {"line", error.what()}}); });
    return exit_failure;
  }
}

// --- probe ---

milliseconds probe_limit() {
  const char* text = std::getenv("ASSAY_PROBE_TIMEOUT_MS");
  if (!text) return probe_timeout;
  if (!is_number(text))
    throw std::runtime_error("ASSAY_PROBE_TIMEOUT_MS must be a number, not \"" + std::string(text) + "\"");
  return milliseconds(std::stoll(text));
}

Descriptor watch_process(pid_t pid) {
  Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process && errno != ESRCH)
    throw std::system_error(errno, std::generic_category(), "watch process " + std::to_string(pid));
  return process;
}

// A pidfd is readable once its process has ended, reaped or not.
bool ends_within(const Descriptor& process, milliseconds span) {
  pollfd item{process.get(), POLLIN, 0};  // poll ignores a negative descriptor
  return ::poll(&item, 1, static_cast<int>(span.count())) > 0;
}

// "probe" or "in-sync", once: nothing, or why not yet.
using Question = std::function<std::optional<std::string>(Deadline)>;

int wait_for(const std::string& verb, const Question& ask, const std::string& address, std::optional<pid_t> pid) {
  const Deadline deadline = Deadline::in(probe_limit());
  const Descriptor process = pid ? watch_process(*pid) : Descriptor();
  bool gone = pid && !process;
  bool asked_first = true;
  std::string reason = "it was not asked";
  while (!gone) {
    const auto not_ready = ask(Deadline::earlier(deadline, Deadline::in(probe_attempt)));
    gone = ends_within(process, milliseconds(0));  // somebody else may have answered
    if (!not_ready && !gone) return 0;
    if (not_ready && (asked_first || !deadline.passed())) reason = *not_ready;  // the last is often cut short
    asked_first = false;
    if (deadline.passed()) break;
    gone = gone || ends_within(process, probe_interval);
  }
  if (gone) reason = "process " + std::to_string(*pid) + " is gone; before that: " + reason;
  complain(verb + " " + address + ": " + reason);
  return exit_not_ready;
}

int wait_for(Adapter& adapter, const std::vector<std::string>& words) {
  const auto& verb = words[0];
  const auto& address = words[1];
  const auto ask = [&](Deadline deadline) {
    return verb == "probe" ? adapter.probe(address, deadline) : adapter.in_sync(address, deadline);
  };
  return wait_for(verb, ask, address, words.size() > 2 ? std::optional<pid_t>(std::stoi(words[2])) : std::nullopt);
}

bool waits(const std::vector<std::string>& words) {
  const bool known = words.size() > 1 && (words[0] == "probe" || words[0] == "in-sync");
  return known && (words.size() == 2 || (words.size() == 3 && is_number(words[2])));
}

// --- serve ---

nlohmann::json read_settings(const std::filesystem::path& directory) {
  const auto path = directory / "settings.json";
  if (!std::filesystem::exists(path)) return nlohmann::json::object();
  std::ifstream file(path);
  auto settings = nlohmann::json::parse(file, nullptr, false);
  if (!settings.is_object()) throw std::runtime_error("read " + path.string() + ": not a JSON object");
  return settings;
}

// What every child would find out by itself: making a ZeroMQ context asks for
// the number of a protocol, and the first question makes glibc search the disk
// for the libraries that could know.
void warm_up() { (void)::getprotobyname("pgm"); }

int usage() {
  std::cerr << "usage: " << program_invocation_short_name
            << " describe | serve DIR ADDRESS | probe ADDRESS [PID] | agent CONTROL | audit CONTROL | zygote"
               " | replica DIR ADDRESS PRIMARY | in-sync ADDRESS [PID] | cut-off ADDRESS | promote ADDRESS...\n";
  return exit_usage;
}

int run_cluster_verb(Adapter& adapter, const std::vector<std::string>& words) {
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "replica" && words.size() == 4) {
    adapter.serve_replica(words[1], words[2], words[3], read_settings(words[1]));
    throw std::runtime_error("serve " + words[2] + ": the replica was not started");
  }
  if (verb == "cut-off" && words.size() == 2) {
    adapter.cut_off(words[1], Deadline::in(probe_limit()));
    return 0;
  }
  if (verb == "promote" && words.size() > 1) {
    std::cout << adapter.promote({words.begin() + 1, words.end()}, Deadline::in(probe_limit())) << std::endl;
    return 0;
  }
  return usage();
}

int run_verb(Adapter& adapter, const std::vector<std::string>& words) {
  const std::size_t count = words.size();
  const std::string verb = count > 0 ? words[0] : "";
  if (verb == "describe" && count == 1) {
    auto description = adapter.describe();
    description["zygote"] = true;
    std::cout << description.dump(2) << std::endl;
    return 0;
  }
  if (verb == "serve" && count == 3) {
    adapter.serve(words[1], words[2], read_settings(words[1]));
    throw std::runtime_error("serve " + words[2] + ": the server was not started");
  }
  if (waits(words)) return wait_for(adapter, words);
  if (verb == "agent" && count == 2) return be_agent(adapter, words[1], "");
  if (verb == "audit" && count == 2) return be_agent(adapter, words[1], "auditor");
  return run_cluster_verb(adapter, words);
}

}  // namespace

int run_verbs(Adapter& adapter, int argc, char** argv) {
  try {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words == std::vector<std::string>{"zygote"}) {
      warm_up();
      words = be_zygote();
    }
    return run_verb(adapter, words);
  } catch (const std::exception& error) {
    complain(error.what());
    return exit_failure;
  }
}

}  // namespace assay
