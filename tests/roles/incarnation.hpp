// One incarnation of an agent as a real process that runs a role against a fake
// system; the test plays its supervisor.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agents/control/configuration.hpp"
#include "agents/control/control.hpp"
#include "agents/os/child-process.hpp"
#include "checker/history/record-file.hpp"
#include "checker/history/trial.hpp"
#include "tests/files.hpp"
#include "tests/roles/fake-system.hpp"

namespace assay {

using Lines = std::vector<std::string>;

// A private directory and a control socket, shared by the incarnations of a trial.
class Bench {
 public:
  Bench();

  AgentConfiguration producer(std::int64_t incarnation = 1) const;  // of 3 messages, "4/producer-0/1" ...
  AgentConfiguration consumer(std::int64_t incarnation = 1) const;
  AgentConfiguration auditor() const;

  TemporaryDirectory directory;
  FakeSystem system;
  SupervisorControl control;

  // "MESSAGE ATTEMPT", in the order in which the system stored them.
  std::vector<std::string> stored() const;
};

class Incarnation {
 public:
  Incarnation(Bench& bench, const AgentConfiguration& configuration, const std::string& verb = "agent");

  void arm(Window window, std::int64_t occurrence);

  nlohmann::json heard(const std::string& type);  // the next message but progress; it must be of this type
  void say(const nlohmann::json& command);
  void configure_and_go();  // hello, configure, ready, go

  int await_exit();  // its exit code
  void await_stop();
  void go_on();  // SIGCONT
  void await_stop_and_kill();

  Recording recording() const;
  std::string errors() const;  // its stderr

 private:
  Bench& bench_;
  AgentConfiguration configuration_;
  std::string name_;
  std::optional<ChildProcess> process_;  // gone with it
};

// A whole life: the plan sent, or consumed up to the first marker, and bye.
Recording produce_all(Bench& bench, const AgentConfiguration& configuration);
Recording consume_all(Bench& bench, const AgentConfiguration& configuration);

// A recording as lines: "send.ok message=4/producer-0/1 attempt=1001 ...", the
// system's notes as "~ submit 1". A digest that is the planned message's is
// left out; other digests are shown. `asked` must be there on a delivery.
Lines story(const Recording& recording);
Lines operator+(Lines left, const Lines& right);
Lines first(const Lines& lines, std::size_t count);

Delivery delivery_of(const AgentConfiguration& configuration, const std::string& message, const std::string& tag);

}  // namespace assay
