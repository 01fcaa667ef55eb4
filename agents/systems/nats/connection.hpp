// One connection to a NATS server, through libnats.
//
// The library is run as an event loop of ours: nothing is read or written but in
// our calls, it has no thread at the socket, and it never reconnects or sends
// anything again by itself. So what arrived before the server went away can
// still be taken, and what was given up never leaves.
//
// A connection dies at the first error or time-out and is not used again: the
// owner of what was in flight decides what that means. connect() brings up a new
// one, with the same subscription.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <nats/nats.h>

#include "agents/os/deadline.hpp"
#include "agents/systems/nats/place.hpp"

namespace assay::nats {

struct Message {
  std::string subject;  // the channel, or the token of the request that it answers
  bool answer = false;  // it has a token. A message that was pulled has its channel's subject, and is none
  std::string reply;
  std::string status;   // "404" of an answer without a body, else empty. A 503 has no token: the library keeps it
  std::string words;    // what the status says in words
  std::string bytes;
};

// A subject that is subscribed to as soon as there is a connection.
struct Interest {
  std::string subject;
  std::string queue;  // empty: nobody shares it
};

class Connection {
 public:
  explicit Connection(const std::string& address, std::optional<Interest> interest = std::nullopt);  // throws std::runtime_error
  ~Connection() { drop(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Why an attempt to connect failed.
  struct Refusal {
    std::string reason;
    bool final = false;  // waiting will not cure it: a wrong password
  };

  // Connects and authenticates with ASSAY_SECRET, once.
  std::optional<Refusal> attempt(Deadline deadline);

  // Keeps a live connection, else attempts until the deadline. Throws
  // std::runtime_error on a final refusal.
  bool connect(Deadline deadline);

  // Resets the connection: what was not sent yet never leaves.
  void drop();

  bool alive() const { return connection_ != nullptr && !broken_; }
  std::int64_t generation() const { return generation_; }  // connections made so far
  const std::string& why() const { return why_; }          // the last one died, or was not made

  // A name for an answer that is to come; the `subject` of the answer.
  std::string token() { return std::to_string(++tokens_); }

  // Publishes, and waits until the kernel has all of it. With a token the answer
  // is asked for; with a message id the header Nats-Msg-Id goes along. False: the
  // connection is broken and part of it may have left; arrived() still gives what
  // came before.
  bool publish(const std::string& subject, std::string_view bytes, const std::string& token, const std::string& message_id,
               Deadline deadline);

  // Publishes to our own inbox: what the server had for us before comes first.
  bool echo(const std::string& token, Deadline deadline);

  // The next message that is there, without waiting.
  std::optional<Message> arrived();

  // Waits for the next message. Nothing: the deadline, or the connection ended.
  std::optional<Message> next(Deadline deadline);

  // The answer to one request; what else arrives stays for arrived(). Nothing:
  // no answer in time, and the connection is dropped.
  std::optional<Message> call(const std::string& subject, std::string_view bytes, Deadline deadline);

  // The same over as many connections as it takes. Throws std::runtime_error at
  // the deadline.
  Message insist(const std::string& subject, std::string_view bytes, Deadline deadline);

 private:
  bool subscribe(Deadline deadline);
  bool publish_to(const std::string& subject, const std::string& reply, std::string_view bytes, const std::string& message_id, Deadline deadline);
  bool flush(Deadline deadline);
  bool wait_for(short events, Deadline deadline) const;
  void take_in();
  void collect(natsSubscription* subscription, bool inbox);
  Message read(natsMsg* message, bool to_inbox) const;
  std::string where() const { return place_.host + ":" + place_.port; }
  void break_off(std::string why);
  bool check(natsStatus status);
  std::string inbox_of(const std::string& token) const { return inbox_ + "." + token; }

  static natsStatus attached(void** user, void* self, natsConnection* connection, natsSock socket);
  static natsStatus reads(void* self, bool add);
  static natsStatus writes(void* self, bool add);
  static natsStatus detached(void* self);

  Place place_;
  std::optional<Interest> interest_;
  std::string inbox_;
  natsConnection* connection_ = nullptr;
  natsSubscription* answers_ = nullptr;
  natsSubscription* channel_ = nullptr;
  int socket_ = -1;
  bool wants_write_ = false;
  bool broken_ = false;
  std::string why_;
  std::int64_t generation_ = 0;
  std::int64_t tokens_ = 0;
  std::deque<Message> there_;
};

}  // namespace assay::nats
