// Waits for descriptors; whoever watches one is told when it is ready.
#pragma once

#include <cstdint>

#include "agents/os/descriptor.hpp"

namespace assay::proxy {

class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void ready(std::uint32_t events) = 0;
};

class Loop {
 public:
  Loop();

  // Errors of the descriptor are told whatever was asked for. A descriptor that
  // is closed is forgotten.
  void watch(int fd, std::uint32_t events, Watcher& watcher);
  void change(int fd, std::uint32_t events, Watcher& watcher);
  void forget(int fd);

  // Tells everybody who is ready; waits for somebody, at most so long. Negative:
  // as long as it takes. A watcher must live until this returns.
  void turn(int timeout_ms);

 private:
  Descriptor epoll_;
};

}  // namespace assay::proxy
