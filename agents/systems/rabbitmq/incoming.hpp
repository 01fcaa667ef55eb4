// What a server says, made whole: a message comes as a method, a header and any
// number of pieces of its body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <amqp.h>

namespace assay::rabbitmq {

// basic.ack or basic.nack of what we published.
struct Confirm {
  bool positive = false;
  std::uint64_t tag = 0;
  bool multiple = false;  // all up to this one
};

// basic.return, which comes ahead of the confirm.
struct Returned {
  std::string message_id;
  int code = 0;
  std::string reason;
};

// basic.deliver, or basic.get-ok.
struct Pushed {
  std::uint64_t tag = 0;
  bool redelivered = false;
  std::optional<std::int64_t> returns;  // x-delivery-count: how often it came back to its queue
  std::string dead_of;                  // x-death: why a queue gave it up last, in RabbitMQ's word
  std::string bytes;
};

struct NothingThere {};  // basic.get-empty

struct Counted {  // queue.declare-ok
  std::int64_t ready = 0;
};

// connection.close, channel.close or basic.cancel: the end of this connection.
struct Closing {
  int code = 0;
  std::string reason;
};

// connection.blocked: the server is out of memory or disk, and takes nothing.
struct Blocked {
  std::string reason;
};

using Incoming = std::variant<Confirm, Returned, Pushed, NothingThere, Counted, Closing, Blocked>;

std::string text(amqp_bytes_t bytes);

class Assembly {
 public:
  // What this frame completes, if anything. Keeps nothing that points into it.
  std::optional<Incoming> add(const amqp_frame_t& frame);

 private:
  std::optional<Incoming> begin(const amqp_method_t& method);
  void take_header(const amqp_basic_properties_t& properties);
  std::optional<Incoming> whole();

  std::variant<std::monostate, Returned, Pushed> open_;
  std::string body_;
  std::uint64_t missing_ = 0;  // bytes of its body
};

}  // namespace assay::rabbitmq
