#include "cli/managed-broker.hpp"

#include <fstream>
#include <random>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace assay {

namespace {

constexpr int address_tries = 3;
constexpr int log_lines = 6;

std::string random_secret() {
  std::random_device device;
  std::string secret;
  for (int i = 0; i < 32; ++i) secret += "0123456789abcdef"[device() % 16];
  return secret;
}

// A port of the loopback interface that nobody holds at this moment.
std::uint16_t free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), raw, size) != 0 || ::getsockname(socket.get(), raw, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "find a free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

std::string indented(const std::string& text) {
  std::string result = "\n    ";
  for (const char c : text) result += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return result;
}

struct Pipe {
  Descriptor reading, writing;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "make a pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace

ManagedBroker::ManagedBroker(const SystemDescription& system, const Profile& profile, std::filesystem::path directory,
                             Spawn spawn)
    : system_(system), profile_(profile), directory_(std::move(directory)), spawn_(std::move(spawn)) {
  secret_ = random_secret();
}

void ManagedBroker::fail(const std::string& what) {
  std::string text = "start " + system_.name + " at " + address_ + ": " + what;
  if (const auto lines = last_lines(log_, log_lines); !lines.empty()) text += "; its last lines:" + indented(lines);
  discard();
  throw SystemUnavailable(text);
}

void ManagedBroker::choose_address() {
  if (system_.address_kind() == "ipc") {
    address_ = "ipc://" + (home_ / "s").string();
  } else {
    address_ = "127.0.0.1:" + std::to_string(profile_.port ? *profile_.port : free_port());
  }
}

void ManagedBroker::listen_for_it() {
  const auto path = address_.substr(std::string("ipc://").size());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail("this path is too long for a socket");
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    throw std::system_error(errno, std::generic_category(), "listen at " + address_);
  listener_ = std::move(socket);
}

void ManagedBroker::start_fresh(Deadline deadline) {
  for (int tries = 1;; ++tries) {
    discard();
    home_ = directory_ / ("b" + std::to_string(++fresh_starts_));
    log_ = home_ / "server.log";
    std::filesystem::create_directories(home_);
    choose_address();
    if (system_.takes_listener()) listen_for_it();
    // On an address of our own choice somebody may have been quicker: again elsewhere.
    try {
      launch(deadline);
      return;
    } catch (const SystemUnavailable&) {
      const bool ours = system_.address_kind() == "tcp" && !profile_.port;
      if (!ours || tries == address_tries || deadline.passed()) throw;
    }
  }
}

void ManagedBroker::restart(Deadline deadline) { launch(deadline); }

void ManagedBroker::launch(Deadline deadline) {
  std::ofstream(home_ / "settings.json") << profile_.settings.dump() << "\n";
  ++incarnation_;

  Command serve{.argv = {system_.program.string(), "serve", home_.string(), address_},
                .environment = {{"ASSAY_SECRET", secret_}},
                .directory = home_,
                .output = log_};
  if (system_.marks_windows()) {
    const auto file = home_ / ("broker-" + std::to_string(incarnation_) + ".rec");
    create_recording(file, "broker", incarnation_, 0, record_header_bytes + 4096);
    mapping_.emplace(file);
    serve.environment["ASSAY_RECORDING"] = file.string();
  }
  if (listener_) serve.descriptors["ASSAY_LISTENER"] = listener_.get();
  if (!system_.announces_ready()) {
    child_.emplace(spawn_(serve));
    return await_answer(deadline);
  }
  auto [announcement, announcer] = make_pipe();
  serve.descriptors["ASSAY_READY"] = announcer.get();
  child_.emplace(spawn_(serve));
  announcer.reset();
  await_announcement(announcement, deadline);
}

// One byte, as soon as it listens; the end of the pipe, when it is gone.
void ManagedBroker::await_announcement(const Descriptor& announcement, Deadline deadline) {
  while (true) {
    pollfd wanted{announcement.get(), POLLIN, 0};
    char byte = 0;
    if (::poll(&wanted, 1, deadline.left_ms()) > 0) {
      if (::read(announcement.get(), &byte, 1) == 1) return;
      const auto end = child_->wait_ended(deadline);
      fail("the server ended by itself" + (end ? " (" + to_string(*end) + ")" : ""));
    }
    if (deadline.passed()) fail("not ready in time");
  }
}

// The probe ends when the server answers or is gone; a probe that answers while
// our child is dead has reached somebody else.
void ManagedBroker::await_answer(Deadline deadline) {
  const Command probe{.argv = {system_.program.string(), "probe", address_, std::to_string(child_->pid())},
                      .environment = {{"ASSAY_SECRET", secret_},
                                      {"ASSAY_PROBE_TIMEOUT_MS", std::to_string(deadline.left_ms())}}};
  const auto finished = run_to_end(probe, deadline);
  // The bind of a server that finds its port taken fails a moment after it started.
  child_->poll();
  if (const auto& end = child_->end()) fail("the server ended by itself (" + to_string(*end) + ")");
  if (finished.timed_out) fail("not ready in time");
  if (finished.end != Change{.kind = Change::Kind::exited, .value = 0, .wait_status = 0})
    fail("not ready: " + finished.errors.substr(0, finished.errors.find('\n')));
}

void ManagedBroker::discard() {
  child_.reset();
  listener_.reset();
}

}  // namespace assay
