#include "attached-site.hpp"

#include <csignal>
#include <fstream>
#include <stdexcept>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/os/free-port.hpp"

namespace assay {

namespace fs = std::filesystem;

namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

// 198.18.0.0/15 is set aside for tests like this one; four addresses of it for each process.
std::string test_address(int host) {
  const auto block = static_cast<unsigned>(::getpid()) % 16384;
  return "198.18." + std::to_string(block / 64) + "." + std::to_string(block % 64 * 4 + static_cast<unsigned>(host));
}

void must(const std::vector<std::string>& argv) {
  Finished finished;
  try {
    finished = run_to_end({.argv = argv}, soon());
  } catch (const std::system_error& error) {
    throw std::runtime_error(std::string("a network of its own needs the program ip (package iproute2): ") + error.what());
  }
  if (!finished.timed_out && finished.end.kind == Change::Kind::exited && finished.end.value == 0) return;
  throw std::runtime_error("a network of its own needs root: " + argv[0] + " " + argv[1] + ": " + to_string(finished.end) +
                           ": " + finished.errors);
}

ChildProcess alone_in_a_network() {
  auto holder = ChildProcess::spawn({.argv = {"unshare", "--net", "sleep", "infinity"}});
  const auto ours = fs::read_symlink("/proc/self/ns/net");
  const auto link = "/proc/" + std::to_string(holder.pid()) + "/ns/net";
  for (const auto deadline = soon(); fs::read_symlink(link) == ours; ::poll(nullptr, 0, 1)) {
    holder.poll();
    if (holder.end() || deadline.passed()) throw std::runtime_error("a network of its own needs root: unshare --net did not make one");
  }
  return holder;
}

}  // namespace

Network::Network() : holder_(alone_in_a_network()), theirs_(test_address(2)) {
  const auto process = std::to_string(holder_.pid());
  const auto ours = "assay" + process;
  must({"ip", "link", "add", ours, "type", "veth", "peer", "name", "assay", "netns", process});
  must({"ip", "address", "add", test_address(1) + "/30", "dev", ours});
  must({"ip", "link", "set", ours, "up"});
  must(inside({"ip", "address", "add", theirs_ + "/30", "dev", "assay"}));
  must(inside({"ip", "link", "set", "assay", "up"}));
}

std::vector<std::string> Network::inside(const std::vector<std::string>& command) const {
  std::vector<std::string> argv{"nsenter", "--net=/proc/" + std::to_string(holder_.pid()) + "/ns/net"};
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

Site::Site(fs::path directory, const std::vector<std::string>& options, const Network* network)
    : directory_(std::move(directory)) {
  const auto host = network ? network->address() : "127.0.0.1";
  const auto port = network ? "6379" : std::to_string(free_port());
  address_ = host + ":" + port;
  fs::create_directories(directory_);
  argv_ = {"redis-server", "--bind", host, "--port", port, "--dir", directory_.string(), "--requirepass", site_secret, "--save", ""};
  argv_.insert(argv_.end(), options.begin(), options.end());
  if (network) argv_ = network->inside(argv_);

  for (const auto* pipe : {"asked", "answered"})
    if (::mkfifo((directory_ / pipe).c_str(), 0600) != 0) throw std::system_error(errno, std::generic_category(), "make a pipe");
  std::ofstream(directory_ / "ask") << "#!/bin/sh\necho \"$1\" >" << (directory_ / "asked").string() << "\nread -r end <"
                                    << (directory_ / "answered").string() << "\nexit \"$end\"\n";
  keeper_ = std::jthread([this] { serve(); });
  ask("start");
}

Site::~Site() { ask("quit"); }

std::string Site::command(const std::string& word) const {
  return R"(["sh", ")" + (directory_ / "ask").string() + R"(", ")" + word + R"("])";
}

std::string Site::all_commands() const {
  std::string text;
  for (const std::string word : {"kill", "stop", "pause", "resume", "start"})
    text += (text.empty() ? "{" : ", ") + ('"' + word + "\": ") + command(word);
  return text + "}";
}

std::map<std::string, std::string> Site::environment() const {
  return {{"BROKER_ADDRESS", address_}, {"ASSAY_SECRET", site_secret}};
}

std::optional<char> Site::state() const {
  if (!server_ || server_->end()) return std::nullopt;
  std::string stat;
  std::getline(std::ifstream("/proc/" + std::to_string(server_->pid()) + "/stat"), stat);
  const auto at = stat.rfind(") ");
  return at == std::string::npos ? std::nullopt : std::optional(stat[at + 2]);
}

void Site::ask(const std::string& word) const {
  std::ofstream(directory_ / "asked") << word << std::endl;
  std::string end;
  std::ifstream(directory_ / "answered") >> end;
}

// A pipe is opened again for each question; whoever asks waits for the answer.
void Site::serve() {
  for (std::string word; word != "quit";) {
    std::ifstream(directory_ / "asked") >> word;
    const bool done = word == "quit" || act(word);
    std::ofstream(directory_ / "answered") << (done ? 0 : 1) << std::endl;
  }
}

// True also when there is nothing to do, as with container engines.
bool Site::act(const std::string& word) {
  const bool runs = server_ && !server_->end();
  if (word == "start") {
    if (!runs) server_.emplace(ChildProcess::spawn({.argv = argv_, .output = directory_ / "server.log"}));
    return true;
  }
  if (!runs) return false;
  const std::map<std::string, int> signals{{"kill", SIGKILL}, {"stop", SIGTERM}, {"pause", SIGSTOP}, {"resume", SIGCONT}};
  server_->signal(signals.at(word));
  return word == "pause" || word == "resume" || server_->wait_ended(soon()).has_value();
}

}  // namespace assay
