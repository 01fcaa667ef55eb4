// One connection to a beanstalkd, on a plain socket.
//
// It dies at the first error or time-out and is not used again: the owner of
// what was in flight decides what that means. connect() brings up a new one.
// What arrived before the server went away can still be taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>

#include "agents/os/deadline.hpp"
#include "agents/os/descriptor.hpp"
#include "agents/systems/beanstalkd/reply.hpp"

namespace assay::beanstalkd {

// A command by which a new connection is told its tube, and the first word of
// the answer that it must get.
struct Introduction {
  std::string command;
  std::string answer;
};

class Connection {
 public:
  // "127.0.0.1:11300"; throws std::runtime_error.
  explicit Connection(std::string address, std::vector<Introduction> introductions = {});
  ~Connection() { drop(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Connects, asks who is there and introduces itself, once. Nothing when that
  // is done, else why not. Throws std::runtime_error when the server does not
  // understand an introduction.
  std::optional<std::string> attempt(Deadline deadline);

  // Keeps a live connection, else attempts until the deadline.
  bool connect(Deadline deadline);

  // Closes with linger 0: what the kernel has not sent yet never leaves.
  void drop();

  bool alive() const;
  std::int64_t generation() const { return generation_; }  // connections made so far
  const std::string& why() const { return why_; }          // the last one died, or was not made

  // Writes a command. False: the connection is broken and part of it may have
  // left; arrived() still gives the replies that came before.
  bool send(std::string_view command, Deadline deadline);

  // Waits until something can be read, a hang-up included.
  bool readable(Deadline deadline) const;

  // Whether what readable() saw is bytes and not a hang-up. Reads nothing.
  bool has_bytes() const;

  // The next reply that is there already. Empty also when the connection died.
  std::optional<Reply> arrived();

  // The next reply. Empty: not there by the deadline, or the connection died.
  std::optional<Reply> reply(Deadline deadline);

  // One command and its reply; a time-out kills the connection, as the late
  // reply would be taken for that of the next command.
  std::optional<Reply> call(std::string_view command, Deadline deadline);

  // For commands that do no harm twice: reconnects and repeats. Throws
  // std::runtime_error at the deadline.
  Reply insist(std::string_view command, Deadline deadline);

 private:
  bool open_socket(Deadline deadline);
  bool wait_for(short events, Deadline deadline) const;
  bool introduce(Deadline deadline);
  std::optional<Reply> parsed();
  void take_in();
  void break_off(std::string why);
  std::string refuse(std::string why);

  std::string address_;
  sockaddr_in name_{};
  std::vector<Introduction> introductions_;
  Descriptor socket_;
  ReplyReader reader_;
  bool broken_ = false;  // no more can be written or read; replies may be left in the reader
  std::int64_t generation_ = 0;
  std::string why_;
};

}  // namespace assay::beanstalkd
