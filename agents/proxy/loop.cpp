#include "agents/proxy/loop.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <sys/epoll.h>

namespace assay::proxy {
namespace {

void control(int epoll, int operation, int fd, std::uint32_t events, Watcher* watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watcher;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) throw std::system_error(errno, std::generic_category(), "watch a descriptor");
}

}  // namespace

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "wait for descriptors");
}

void Loop::watch(int fd, std::uint32_t events, Watcher& watcher) { control(epoll_.get(), EPOLL_CTL_ADD, fd, events, &watcher); }
void Loop::change(int fd, std::uint32_t events, Watcher& watcher) { control(epoll_.get(), EPOLL_CTL_MOD, fd, events, &watcher); }
void Loop::forget(int fd) { control(epoll_.get(), EPOLL_CTL_DEL, fd, 0, nullptr); }

void Loop::turn(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "wait for descriptors");
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    static_cast<Watcher*>(event.data.ptr)->ready(event.events);
  }
}

}  // namespace assay::proxy
