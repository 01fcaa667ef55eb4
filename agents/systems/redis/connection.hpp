// One connection to a Redis server, through hiredis.
//
// Of several servers it is to the one that takes writes. Which one that is may
// change, so each attempt asks: a replica is left again.
//
// It dies at the first error or time-out and is not used again: the owner of
// what was in flight decides what that means. connect() brings up a new one.
// Replies are read with recv and parsed by hiredis, so that what arrived
// before the server went away can still be taken.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

#include "agents/os/deadline.hpp"

namespace assay::redis {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;
using Words = std::vector<std::string_view>;

// The text of a string, a status or an error; empty for anything else.
std::string text(const redisReply& reply);

// An error whose first word is `code`: "BUSYGROUP".
bool is_error(const redisReply& reply, std::string_view code);

// The elements of an array; none for anything else.
std::vector<const redisReply*> elements(const redisReply& reply);

class Connection {
 public:
  explicit Connection(std::string address);  // "127.0.0.1:6379", "A:1,B:2"; throws std::runtime_error
  ~Connection() { drop(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Why an attempt to connect failed.
  struct Refusal {
    std::string reason;
    bool final = false;  // waiting will not cure it: a wrong password
  };

  // Connects, authenticates with ASSAY_SECRET and pings, once. Of several servers
  // each attempt tries one: the last that would do, or else the next.
  std::optional<Refusal> attempt(Deadline deadline);

  // Keeps a live connection, else attempts until the deadline. Throws
  // std::runtime_error on a final refusal.
  bool connect(Deadline deadline);

  // Closes with linger 0: what the kernel has not sent yet never leaves.
  void drop();

  bool alive() const;
  std::int64_t generation() const { return generation_; }  // connections made so far
  const std::string& why() const { return why_; }          // the last one died, or was not made

  // Writes a command. False: the connection is broken and part of it may have
  // left; arrived() still gives the replies that came before.
  bool send(const Words& words, Deadline deadline);

  // Waits until something can be read, a hang-up included.
  bool readable(Deadline deadline) const;

  // Whether what readable() saw is bytes and not a hang-up. Reads nothing.
  bool has_bytes() const;

  // The next reply that is there already. Null also when the connection died.
  Reply arrived();

  // The next reply. Null: not there by the deadline, or the connection died.
  Reply reply(Deadline deadline);

  // One command and its reply; a time-out kills the connection, as the late
  // reply would be taken for that of the next command.
  Reply call(const Words& words, Deadline deadline);

  // For commands that do no harm twice: reconnects and repeats. Throws
  // std::runtime_error at the deadline.
  Reply insist(const Words& words, Deadline deadline);

 private:
  struct Place {
    std::string host;
    int port;
  };

  Reply parsed();
  void take_in();
  std::optional<Refusal> open(const Place& place, Deadline deadline);
  std::optional<Refusal> ask_role(Deadline deadline);
  bool turned_replica(const redisReply& reply) const;
  static Place place_of(const std::string& address);
  std::optional<Refusal> authenticate(Deadline deadline);
  std::optional<Refusal> ping(Deadline deadline);
  void break_off(std::string why);

  std::string address_;
  std::vector<Place> places_;
  std::size_t at_ = 0;  // the place of this connection, or of the next attempt
  redisContext* context_ = nullptr;
  bool broken_ = false;  // no more can be written or read; replies may be left in the parser
  std::int64_t generation_ = 0;
  std::string why_;
};

}  // namespace assay::redis
