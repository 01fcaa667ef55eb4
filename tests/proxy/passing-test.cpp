// The proxy while it is left alone: nobody notices that it is there.
#include <doctest/doctest.h>

#include <sys/socket.h>

#include "tests/proxy/echo.hpp"

using namespace assay;
using namespace assay::test;

TEST_CASE("what goes in comes out, byte for byte, and so does what is answered") {
  const Echo echo;
  Bench bench(echo);
  auto client = bench.client();
  const auto bytes = much(5 << 20);
  std::jthread saying([&] { client.say(bytes); });
  CHECK(client.hear(bytes.size()) == bytes);
  CHECK(echo.heard() == bytes);
}

TEST_CASE("an end of one direction ends that direction only") {
  const Echo echo;
  Bench bench(echo);
  auto client = bench.client();
  const auto bytes = much(1 << 20);
  std::jthread saying([&] {
    client.say(bytes);
    client.end_saying();
  });
  CHECK(client.hear(bytes.size() + 1) == bytes);
  CHECK(client.state_in_time() == Read::end);
  CHECK(comes_true([&] { return echo.gone() == 1; }));
}

TEST_CASE("a server that takes nothing holds the sender up") {
  const Echo echo(Echo::Manner::reads_nothing);
  Bench bench(echo);
  auto client = bench.client();
  const auto bytes = much(1 << 20);
  std::size_t taken = 0;
  auto calm = Deadline::in(std::chrono::milliseconds(500));
  while (!calm.passed() && taken < (64u << 20))
    if (const auto more = client.offer(bytes); more > 0) taken += more, calm = Deadline::in(std::chrono::milliseconds(500));
  CHECK(taken > 0);
  CHECK(taken < (64u << 20));
}

TEST_CASE("many connections are kept apart") {
  const Echo echo;
  Bench bench(echo);
  std::vector<Client> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(bench.client("producer-" + std::to_string(i % 5)));
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i].say("this is " + std::to_string(1000 + i));
  for (std::size_t i = 0; i < clients.size(); ++i) CHECK(clients[i].hear(12) == "this is " + std::to_string(1000 + i));
}

TEST_CASE("nobody is behind the proxy: who comes is turned away") {
  std::string nowhere;
  {
    const Echo gone;
    nowhere = gone.address();
  }
  const Echo echo;
  Bench bench(echo);
  bench.paths.lead_to(nowhere);
  CHECK(bench.client().state_in_time() == Read::reset);
}

TEST_CASE("led to another server, it resets what was under way to the first") {
  const Echo first, second;
  Bench bench(first);
  auto client = bench.client();
  CHECK(client.answer_to("to the first") == "to the first");
  bench.paths.lead_to(second.address());
  CHECK(client.state_in_time() == Read::reset);
  CHECK(comes_true([&] { return first.gone() == 1; }));
  CHECK(bench.client().answer_to("to the second") == "to the second");
  CHECK(second.heard() == "to the second");
}

TEST_CASE("it ends when the supervisor is gone") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  Descriptor ours(ends[0]), theirs(ends[1]);
  auto proxy = ChildProcess::spawn({.argv = {ASSAY_BIN_DIR "/network-proxy"},
                                    .environment = {},
                                    .directory = {},
                                    .output = {},
                                    .descriptors = {{"ASSAY_PROXY_CONTROL", theirs.get()}}});
  theirs.reset();
  ours.reset();
  const auto end = proxy.wait_ended(Deadline::in(patience));
  REQUIRE(end);
  CHECK(to_string(*end) == "exit 0");
}
