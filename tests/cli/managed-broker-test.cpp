// A server that is several processes, as its description says: an adapter that is
// a file, and whose server is a shell with a child in a group of its own.
#include <csignal>

#include <doctest/doctest.h>
#include <poll.h>

#include "cli/managed-broker.hpp"
#include "profile-bench.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(5)); }

class ServerBench : public Bench {
 public:
  explicit ServerBench(const std::string& said = "{}") : profile_(least_profile(*this)) {
    system_.described.update(nlohmann::ordered_json::parse(said));
    system_.program = write("systems/assay-fake", "#!/bin/sh\ncase $1 in\n"
                                                  "serve) echo \"$ASSAY_ADVERTISED\" > \"$2/advertised\"\n"
                                                  "       setsid sh -c 'echo $$ > " + worker_file() + "; exec sleep 1000' & echo started; wait ;;\n"
                                                  "probe) until test -s " + worker_file() + "; do :; done ;;\nesac\n");
    fs::permissions(system_.program, fs::perms::owner_all);
  }

  ~ServerBench() {
    if (const auto process = worker_process(); process > 0) ::kill(process, SIGKILL);
  }

  ManagedBroker broker() const {
    return {system_, profile_, root() / "servers", [](const Command& command) { return ChildProcess::spawn(command); }};
  }

  // "S" sleeps, "T" stands still; "Z" or nothing: it has ended.
  std::string worker() const {
    std::ifstream about("/proc/" + std::to_string(worker_process()) + "/stat");
    std::string number, name, state;
    about >> number >> name >> state;
    return state;
  }

  bool worker_becomes(const std::string& states) const {
    for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 1))
      if (const auto state = worker(); state.empty() ? states.find('Z') != std::string::npos : states.find(state) != std::string::npos)
        return true;
    return false;
  }

 private:
  pid_t worker_process() const {
    std::ifstream file(worker_file());
    pid_t process = 0;
    file >> process;
    return process;
  }

  std::string worker_file() const { return (root() / "worker").string(); }

  SystemDescription system_{"fake", {}, fake_description()};
  Profile profile_;
};

}  // namespace

TEST_CASE("a server of several processes stands still, goes on and is killed as one") {
  const ServerBench bench(R"({"several_processes": true})");
  auto broker = bench.broker();
  broker.start_fresh(soon());
  REQUIRE(bench.worker_becomes("S"));
  broker.signal(SIGSTOP);
  CHECK(bench.worker_becomes("T"));
  broker.signal(SIGCONT);
  CHECK(bench.worker_becomes("S"));
  broker.signal(SIGKILL);
  CHECK(bench.worker_becomes("Z"));
}

TEST_CASE("of one that does not say so only the first process is hit") {
  const ServerBench bench;
  auto broker = bench.broker();
  broker.start_fresh(soon());
  REQUIRE(bench.worker_becomes("S"));
  broker.signal(SIGSTOP);
  CHECK(bench.worker() == "S");
  broker.signal(SIGCONT);
}

TEST_CASE("a server is asked to end by the signal that its description names") {
  for (const auto& [word, number] : std::map<std::string, int>{{"INT", SIGINT}, {"QUIT", SIGQUIT}, {"TERM", SIGTERM}}) {
    const ServerBench bench("{\"stop_signal\": \"" + word + "\"}");
    auto broker = bench.broker();
    broker.start_fresh(soon());
    broker.signal(SIGTERM);
    const auto end = broker.child()->wait_ended(soon());
    REQUIRE(end);
    CHECK(end->value == number);
    }
}

TEST_CASE("a server that tells its clients where it is hears where they are to come, and whoever stands there where it is") {
  const ServerBench bench(R"({"advertises": true})");
  auto broker = bench.broker();
  std::string led_to;
  bool started_before = false;
  broker.stand_behind({.address = "127.0.0.1:9", .lead_to = [&](const auto& server) { led_to = server, started_before = broker.running(); }});
  broker.start_fresh(soon());
  CHECK(contents(bench.root() / "servers" / "b1" / "advertised") == "127.0.0.1:9\n");
  CHECK(led_to == broker.address());
  CHECK_FALSE(started_before);
  SUBCASE("where nobody stands before it, nothing is said") {
    const ServerBench straight;
    auto other = straight.broker();
    other.start_fresh(soon());
    CHECK(contents(straight.root() / "servers" / "b1" / "advertised") == "\n");
  }
}

TEST_CASE("a line of its log with a word of alarm is told once, and lines before and behind it are not") {
  const ServerBench bench(R"({"alarms": ["PANIC:", "disk"]})");
  auto broker = bench.broker();
  broker.start_fresh(soon());
  CHECK_FALSE(broker.alarm());
  std::ofstream(broker.log(), std::ios::app) << "all is well\nPANIC: gone\nand on\n";
  CHECK(broker.alarm() == "PANIC: gone");
  CHECK_FALSE(broker.alarm());
  std::ofstream(broker.log(), std::ios::app) << "the disk is full\n";
  CHECK(broker.alarm() == "the disk is full");
}
