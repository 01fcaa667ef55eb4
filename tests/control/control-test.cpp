#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/eventfd.h>
#include <unistd.h>

#include "agents/control/control.hpp"
#include "agents/os/descriptor.hpp"
#include "tests/files.hpp"

using namespace assay;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

// A private directory with a control endpoint in it.
struct Place : TemporaryDirectory {
  std::string endpoint() const { return "ipc://" + (*this / "control").string(); }
};

Deadline soon() { return Deadline::in(milliseconds(5000)); }
Deadline now() { return Deadline::in(milliseconds(0)); }

SupervisorControl::Message next_message(SupervisorControl& supervisor) {
  const Deadline deadline = soon();
  while (!deadline.passed()) {
    if (auto message = supervisor.receive()) return *message;
    supervisor.wait({}, deadline);
  }
  FAIL("no message reached the supervisor");
  return {};
}

}  // namespace

TEST_CASE("an agent's message arrives under its name, and the answer reaches that agent only") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  AgentControl first(place.endpoint(), "producer-0#1"), second(place.endpoint(), "consumer-0#1");

  first.send({{"type", "hello"}, {"pid", 7}});
  const auto hello = next_message(supervisor);
  CHECK(hello.identity == "producer-0#1");
  CHECK(hello.body == json{{"type", "hello"}, {"pid", 7}});
  second.send({{"type", "hello"}});
  CHECK(next_message(supervisor).identity == "consumer-0#1");

  supervisor.send("consumer-0#1", {{"type", "go"}});
  CHECK(second.receive(soon()) == json{{"type", "go"}});
  CHECK(first.receive(now()) == std::nullopt);
}

TEST_CASE("nothing to receive is nothing at the deadline") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  AgentControl agent(place.endpoint(), "producer-0#1");
  CHECK(supervisor.receive() == std::nullopt);
  CHECK(agent.receive(Deadline::in(milliseconds(5))) == std::nullopt);
}

TEST_CASE("an agent that is gone, or never was, is no error") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  supervisor.send("producer-9#1", {{"type", "bye"}});

  { AgentControl(place.endpoint(), "producer-0#1").send({{"type", "hello"}}); }
  CHECK(next_message(supervisor).identity == "producer-0#1");
  supervisor.send("producer-0#1", {{"type", "bye"}});

  AgentControl alive(place.endpoint(), "producer-0#2");
  alive.send({{"type", "hello"}});
  CHECK(next_message(supervisor).identity == "producer-0#2");
}

TEST_CASE("an agent's last word arrives although it exits at once") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  for (int i = 0; i < 50; ++i) {
    CAPTURE(i);
    { AgentControl(place.endpoint(), "producer-0#1").send({{"type", "error"}, {"line", i}}); }
    CHECK(next_message(supervisor).body.at("line") == i);
  }
}

TEST_CASE("a name may come back while its last owner is still connected") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  AgentControl last_trial(place.endpoint(), "producer-0#1");
  last_trial.send({{"type", "hello"}, {"trial", 1}});
  CHECK(next_message(supervisor).body.at("trial") == 1);

  AgentControl this_trial(place.endpoint(), "producer-0#1");
  this_trial.send({{"type", "hello"}, {"trial", 2}});
  CHECK(next_message(supervisor).body.at("trial") == 2);
  supervisor.send("producer-0#1", {{"type", "go"}});
  CHECK(this_trial.receive(soon()) == json{{"type", "go"}});
}

TEST_CASE("a message that is not a JSON object with a type has no body, only its raw text") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  zmq::context_t context{1};
  zmq::socket_t agent(context, zmq::socket_type::dealer);
  agent.set(zmq::sockopt::routing_id, "foreign#1");
  agent.set(zmq::sockopt::linger, 0);
  agent.connect(place.endpoint());

  for (const std::string text : {"{\"type\"", "[1]", "{\"kind\":\"hello\"}", "{\"type\":1}", ""}) {
    CAPTURE(text);
    agent.send(zmq::buffer(text), zmq::send_flags::none);
    const auto message = next_message(supervisor);
    CHECK(message.identity == "foreign#1");
    CHECK(message.body.is_null());
    CHECK(message.raw == text);
  }
  SUBCASE("and so has one in several parts") {
    agent.send(zmq::str_buffer("{\"type\":\"hello\"}"), zmq::send_flags::sndmore);
    agent.send(zmq::str_buffer("more"), zmq::send_flags::none);
    CHECK(next_message(supervisor).body.is_null());
  }
}

TEST_CASE("a supervisor that breaks the protocol is an error for its agent") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  AgentControl agent(place.endpoint(), "producer-0#1");
  agent.send({{"type", "hello"}});
  next_message(supervisor);
  supervisor.send("producer-0#1", json::array({1}));
  CHECK_THROWS_WITH_AS(agent.receive(soon()), "supervisor broke the control protocol: [1]", std::runtime_error);
}

TEST_CASE("an error text that is no UTF-8 is sent all the same") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  AgentControl agent(place.endpoint(), "producer-0#1");
  agent.send({{"type", "error"}, {"line", "bad \xff byte"}});
  CHECK(next_message(supervisor).body.at("line") == "bad \xEF\xBF\xBD byte");
}

TEST_CASE("waiting ends when one of the descriptors is readable") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  const Descriptor quiet(::eventfd(0, EFD_CLOEXEC)), loud(::eventfd(1, EFD_CLOEXEC));
  const Deadline deadline = soon();
  supervisor.wait({quiet.get(), loud.get()}, deadline);
  CHECK_FALSE(deadline.passed());

  SUBCASE("and at the deadline when none is") {
    const Deadline early = Deadline::in(milliseconds(5));
    supervisor.wait({quiet.get()}, early);
    CHECK(early.passed());
  }
}

TEST_CASE("a signal ends the supervisor's wait and not the agent's") {
  const Place place;
  SupervisorControl supervisor(place.endpoint());
  AgentControl agent(place.endpoint(), "producer-0#1");
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &action, nullptr);

  ::ualarm(20'000, 20'000);
  const Deadline supervisors = soon();
  supervisor.wait({}, supervisors);
  CHECK_FALSE(supervisors.passed());

  const Deadline agents = Deadline::in(milliseconds(100));
  CHECK(agent.receive(agents) == std::nullopt);
  ::ualarm(0, 0);
  CHECK(agents.passed());
}

TEST_CASE("an endpoint that cannot be bound is named with the reason") {
  CHECK_THROWS_WITH_AS(SupervisorControl("ipc:///nowhere/at/all/control"),
                       "bind control socket ipc:///nowhere/at/all/control: No such file or directory",
                       std::runtime_error);
}
