// The way of one agent to the server: a port of its own, the connections that
// came in there, and the fault that is on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"
#include "agents/proxy/flow.hpp"
#include "agents/proxy/loop.hpp"

namespace assay::proxy {

struct Fault {
  enum class Kind {
    none,
    blackhole,        // bytes vanish both ways, connections stay, new ones hang
    reset,            // connections are reset, new ones at once
    reset_after,      // the same when so many more bytes have come from the agent
    reset_at_answer,  // the same when the server says something after the agent has
    delay,            // each byte, both ways
    hold,             // what the server says once the agent has said something
  };
  Kind kind = Kind::none;
  std::int64_t bytes = 0;
  std::chrono::milliseconds delay{};
};

// What a fault did, from its beginning on.
struct Record {
  std::int64_t dropped = 0, held = 0;             // bytes
  std::int64_t delayed_up = 0, delayed_down = 0;  // bytes, towards the server and back
  std::int64_t resets = 0;                        // connections that were there
  std::int64_t refused = 0;                       // that came later
  std::int64_t hanging = 0;
};

struct Server {
  sockaddr_storage address{};
  socklen_t length = 0;
};

class Connection;

class Path : public Watcher {
 public:
  Path(Loop& loop, const Server& server);
  ~Path() override;

  std::uint16_t port() const { return port_; }

  void strike(const Fault& fault);
  Record heal();
  const Record& record() const { return record_; }

  // All connections are reset, without a word on record.
  void clear();

  void ready(std::uint32_t events) override;
  void when_due(Clock::time_point now);
  std::optional<Clock::time_point> next_due() const;

  // Removes the connections that are over. Not while the loop tells anybody.
  void sweep();

 private:
  friend class Connection;
  void accept_one(Descriptor socket);
  void cut();

  Loop& loop_;
  const Server& server_;
  std::uint16_t port_ = 0;
  Descriptor listener_;
  Fault fault_;
  Record record_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

// The next close of this socket is a reset.
void let_close_reset(int fd);

}  // namespace assay::proxy
