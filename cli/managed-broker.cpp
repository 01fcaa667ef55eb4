#include "cli/managed-broker.hpp"

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/serving.hpp"

namespace assay {

namespace {

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
  const auto text = start_failure(system_.name + " at " + address_, what, log_);
  discard();
  throw SystemUnavailable(text);
}

void ManagedBroker::choose_address() {
  if (system_.address_kind() == "ipc") {
    address_ = "ipc://" + (home_ / "s").string();
  } else if (profile_.port) {
    address_ = "127.0.0.1:" + std::to_string(*profile_.port);
  } else {
    address_ = port_.emplace().address();
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
    log_read_ = 0;
    std::filesystem::create_directories(home_);
    choose_address();
    if (system_.takes_listener()) listen_for_it();
    try {
      launch(deadline);
      return;
    } catch (const SystemUnavailable&) {
      const bool ours = system_.address_kind() == "tcp" && !profile_.port;
      if (!ours || tries == address_tries || deadline.passed()) throw;
    }
  }
}

// Who is asked to end tells those that belong to it.
void ManagedBroker::signal(int number) {
  if (number == SIGTERM) return child_->signal(system_.stop_signal());
  if (system_.is_several_processes()) return child_->signal_tree(number);
  child_->signal(number);
}

std::optional<std::string> ManagedBroker::alarm() {
  const auto alarms = system_.alarms();
  if (alarms.empty()) return std::nullopt;
  std::ifstream log(log_);
  log.seekg(log_read_);
  for (std::string line; std::getline(log, line); log_read_ += static_cast<std::streamoff>(line.size()) + 1)
    for (const auto& words : alarms)
      if (line.find(words) != std::string::npos) {
        log_read_ += static_cast<std::streamoff>(line.size()) + 1;
        return line;
      }
  return std::nullopt;
}

void ManagedBroker::restart(Deadline deadline) { launch(deadline); }

void ManagedBroker::launch(Deadline deadline) {
  std::ofstream(home_ / "settings.json") << profile_.settings.dump() << "\n";
  ++incarnation_;

  Command serve{.argv = {system_.program.string(), "serve", home_.string(), address_},
                .environment = {{"ASSAY_SECRET", secret_}, {"ASSAY_CACHE", directory_.string()}},
                .directory = home_,
                .output = log_};
  if (system_.marks_windows()) {
    const auto file = home_ / ("broker-" + std::to_string(incarnation_) + ".rec");
    create_recording(file, "broker", incarnation_, 0, record_header_bytes + 4096);
    mapping_.emplace(file);
    serve.environment["ASSAY_RECORDING"] = file.string();
  }
  if (front_) {
    front_->lead_to(address_);
    serve.environment["ASSAY_ADVERTISED"] = front_->address;
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

void ManagedBroker::await_answer(Deadline deadline) {
  if (const auto why = why_not_ready(system_, "probe", address_, *child_, secret_, deadline)) fail(*why);
}

void ManagedBroker::discard() {
  child_.reset();
  listener_.reset();
}

}  // namespace assay
