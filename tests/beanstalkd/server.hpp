// A beanstalkd of a test: on a free port, in a private directory that goes with
// it.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "agents/roles/system.hpp"
#include "agents/systems/beanstalkd/connection.hpp"
#include "agents/systems/beanstalkd/links.hpp"
#include "tests/files.hpp"

namespace assay::beanstalkd {

inline Deadline soon() { return Deadline::in(std::chrono::milliseconds(2000)); }
inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(30)); }

int free_port();

enum class Keeps { log, memory };

class Server {
 public:
  // More words for its command line; a later option wins.
  explicit Server(Keeps keeps = Keeps::log, std::vector<std::string> options = {});

  void start();  // and waits until it answers
  void kill();   // SIGKILL, and waits for its end
  void restart() { kill(), start(); }
  void signal(int number) { process_->signal(number); }
  void stop_running();  // SIGSTOP, and waits until it stands still

  const std::string& address() const { return address_; }
  bool keeps_log() const { return keeps_ == Keeps::log; }

  // Commands over a connection of the test's own; the last answer.
  Reply tell(const std::vector<std::string>& commands);

 private:
  TemporaryDirectory directory_;
  Keeps keeps_;
  std::vector<std::string> options_;
  int port_;
  std::string address_;
  std::optional<ChildProcess> process_;
};

// The setup of a link on tube "ch", whose notices are kept.
LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices = nullptr,
                    int ttr_s = 600);

// What a producer is answered until `count` answers have come; fewer at the deadline.
std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count);

// Sends these bodies one by one, and requires that each is stored.
std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies, int ttr_s = 600);

// The next deliveries; requires that they come.
std::vector<Delivery> receive(ConsumerLink& link, std::size_t count);

// What a consumer is told until it is told nothing: "session c#1/2", "m1".
std::vector<std::string> told(ConsumerLink& link);

}  // namespace assay::beanstalkd
