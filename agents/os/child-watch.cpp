#include "agents/os/child-watch.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace assay {
namespace {

Descriptor made(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return Descriptor(fd);
}

Descriptor make_event() { return made(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "make an event descriptor"); }

}  // namespace

ChildWatch::ChildWatch() {
  // Whoever started us may have ignored SIGCHLD, and then nothing is announced
  // and children vanish unreaped.
  signal(SIGCHLD, SIG_DFL);
  sigset_t watched;
  sigemptyset(&watched);
  for (const int number : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&watched, number);
  pthread_sigmask(SIG_BLOCK, &watched, nullptr);
  signals_ = made(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK), "make a signal descriptor");
  quit_ = make_event();
  thread_ = std::thread([this] { run(); });
}

ChildWatch::~ChildWatch() {
  eventfd_write(quit_.get(), 1);
  thread_.join();
}

void ChildWatch::Wake::clear() {
  eventfd_t count = 0;
  eventfd_read(event_.get(), &count);
}

std::shared_ptr<ChildWatch::Wake> ChildWatch::subscribe() {
  auto wake = std::make_shared<Wake>();
  wake->event_ = make_event();
  const std::lock_guard lock(mutex_);
  wakes_.push_back(wake);
  if (interrupted() != 0) eventfd_write(wake->event_.get(), 1);
  return wake;
}

void ChildWatch::run() {
  pollfd wanted[] = {{signals_.get(), POLLIN, 0}, {quit_.get(), POLLIN, 0}};
  while (true) {
    poll(wanted, 2, -1);
    if (wanted[1].revents != 0) return;

    signalfd_siginfo info{};
    while (read(signals_.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGCHLD) continue;
      // Asked twice: at once. Our children die with us.
      if (interrupted_.exchange(static_cast<int>(info.ssi_signo)) != 0) _exit(130);
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(wakes_, [](const std::weak_ptr<Wake>& wake) { return wake.expired(); });
    for (const auto& weak : wakes_) {
      if (const auto wake = weak.lock()) eventfd_write(wake->event_.get(), 1);
    }
  }
}

}  // namespace assay
