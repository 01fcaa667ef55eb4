#include <doctest/doctest.h>

#include <cstdlib>
#include <thread>

#include <sys/stat.h>

#include "agents/os/process-tree.hpp"
#include "tests/rabbitmq/server.hpp"

using namespace assay;
using namespace assay::rabbitmq;

namespace {

std::string name_of(pid_t process) { return contents("/proc/" + std::to_string(process) + "/comm"); }

bool lives(pid_t process) {
  const auto status = contents("/proc/" + std::to_string(process) + "/status");
  return !status.empty() && status.find("State:\tZ") == std::string::npos && status.find("State:\tX") == std::string::npos;
}

}  // namespace

TEST_CASE("the process that is started is the server, and what it starts goes with it") {
  Server server;
  CHECK(name_of(server.pid()) == "beam.smp\n");
  const auto others = descendants_of(server.pid());
  CHECK(!others.empty());
  for (const auto process : others) CHECK(name_of(process) != "epmd\n");
  server.kill();
  for (const auto process : others)
    for (const auto deadline = soon(); lives(process); std::this_thread::yield()) REQUIRE(!deadline.passed());
}

TEST_CASE("nobody but its owner can read what the server is told") {
  for (const auto* file : {"rabbitmq.conf", ".erlang.cookie"}) {
    struct stat about {};
    REQUIRE(::stat((shared_server().directory() / file).c_str(), &about) == 0);
    CHECK((about.st_mode & 077) == 0);
  }
}

TEST_CASE("a probe says why a server does not let it in") {
  CHECK(Connection(shared_server().address(), {}).attempt(soon()));
  ::setenv("ASSAY_SECRET", "nobody:guest", 1);
  CHECK_THROWS_WITH_AS(Connection(shared_server().address(), {}).attempt(soon()), doctest::Contains("ACCESS_REFUSED"), std::runtime_error);
  ::setenv("ASSAY_SECRET", "guest:guest", 1);
  CHECK(Connection(shared_server().address(), {}).attempt(soon()));
  ::unsetenv("ASSAY_SECRET");
  CHECK_THROWS_WITH_AS(Connection(shared_server().address() + "/elsewhere", {}).attempt(soon()), doctest::Contains("vhost elsewhere not found"),
                       std::runtime_error);
  Connection nobody("127.0.0.1:1", {});
  CHECK(!nobody.attempt(shortly()));
  CHECK(nobody.why().starts_with("connect: "));
}
