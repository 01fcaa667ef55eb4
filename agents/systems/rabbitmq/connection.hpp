// One connection to a RabbitMQ server with one channel on it, through librabbitmq.
//
// It dies at the first error or time-out and is not used again: the owner of what
// was in flight decides what that means. connect() brings up a new one. What
// arrived before the server went away can still be taken.
//
// Making one takes half a dozen answers, one after the other, and a consumer asks
// for a moment only: a connection that the server has taken is given
// `handshake_patience` whatever the deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <amqp.h>

#include "agents/os/deadline.hpp"
#include "agents/systems/rabbitmq/incoming.hpp"
#include "agents/systems/rabbitmq/place.hpp"

namespace assay::rabbitmq {

inline constexpr amqp_channel_t the_channel = 1;
inline constexpr std::chrono::milliseconds handshake_patience{3000};

// What is said on a new connection ahead of all else, in the library's calls; the
// reply of the last one.
using Introduction = std::function<amqp_rpc_reply_t(amqp_connection_state_t)>;

class Connection {
 public:
  struct Terms {
    Introduction introduction = nullptr;
    int heartbeat_s = 0;
  };

  Connection(const std::string& address, Terms terms);  // throws std::runtime_error
  ~Connection() { drop(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Connects, logs in and introduces itself, once. Throws std::runtime_error when
  // no waiting will cure what the server has against it.
  bool attempt(Deadline deadline);

  // Keeps a live connection, else attempts until the deadline.
  bool connect(Deadline deadline);

  // Closes with linger 0: what the kernel has not sent yet never leaves.
  void drop();

  bool alive() const { return state_ && !broken_; }
  std::int64_t generation() const { return generation_; }  // connections made so far
  const std::string& why() const { return why_; }          // the last one died, or was not made
  int why_code() const { return why_code_; }               // the server's code for it, 0: it gave none

  // Each writes one method. False: the connection is broken, and part of it may
  // have left; arrived() still gives what came before.
  struct Publication {
    std::string_view queue, bytes, message_id;
    bool persistent = true, mandatory = false;
  };
  bool publish(const Publication& publication, Deadline deadline);
  bool consume(std::string_view queue, bool no_ack, Deadline deadline);
  bool acknowledge(std::uint64_t tag, Deadline deadline);
  bool requeue(std::uint64_t tag, Deadline deadline);  // basic.nack
  bool reject(std::uint64_t tag, Deadline deadline);   // for good
  bool count(std::string_view queue, Deadline deadline);  // queue.declare, passive
  bool get(std::string_view queue, Deadline deadline);

  // The next that the server has said, without waiting. Empty also when the
  // connection died.
  std::optional<Incoming> arrived();

  // The same, with waiting. Empty: nothing by the deadline, or the connection died.
  std::optional<Incoming> next(Deadline deadline);

 private:
  bool open_socket(Deadline deadline);
  bool log_in();
  bool accepted(const amqp_rpc_reply_t& reply, const char* attempted);
  bool write(amqp_method_number_t method, void* decoded, Deadline deadline);
  bool taken_in_time(Deadline deadline);
  bool wrote(int status);
  bool readable(Deadline deadline) const;
  void break_off(std::string why, int code);

  Place place_;
  Terms terms_;
  amqp_connection_state_t state_ = nullptr;
  Assembly assembly_;
  bool broken_ = false;  // nothing can be written any more
  bool ended_ = false;   // and nothing read
  std::int64_t generation_ = 0;
  std::string why_;
  int why_code_ = 0;
};

}  // namespace assay::rabbitmq
