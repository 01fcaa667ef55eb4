#include <map>

#include "tests/redis/talk.hpp"

using namespace assay;
using namespace assay::redis;

namespace {

const std::string once = R"({"dedup_script": true})", fenced = R"({"fence_script": true})";

// "ok COPY", "ok COPY duplicate", "fail", "indeterminate".
std::string sent(ProducerLink& link, const OutgoingMessage& message) {
  link.submit(message, soon());
  const auto all = answers(link, 1);
  REQUIRE(all.size() == 1);
  if (all[0].outcome == SendOutcome::ok) return "ok " + all[0].copy + (all[0].duplicate ? " duplicate" : "");
  return all[0].outcome == SendOutcome::fail ? "fail" : "indeterminate";
}

OutgoingMessage with_id(const std::string& id, const std::string& bytes) {
  return {.ticket = 1, .bytes = bytes, .key = "k", .dedup_id = id};
}

OutgoingMessage with_sequence(const std::string& session, std::int64_t sequence, const std::string& bytes) {
  return {.ticket = 1, .bytes = bytes, .key = "k", .dedup_session = session, .dedup_sequence = sequence};
}

}  // namespace

TEST_CASE("the script stores an identity once and answers the first copy again") {
  Server server;
  const auto link = producer_link(setup_with(once, server, "p#1"));
  const auto audit = audit_link(setup_with(once, server, "auditor#1"));
  SUBCASE("by id, from whoever") {
    const auto first = sent(*link, with_id("m1", "one"));
    CHECK(sent(*link, with_id("m1", "two")) == first + " duplicate");
    CHECK(sent(*producer_link(setup_with(once, server, "p#2")), with_id("m1", "three")) == first + " duplicate");
    CHECK_FALSE(sent(*link, with_id("m2", "four")).ends_with("duplicate"));
    CHECK(scanned(*audit).size() == 2);
    CHECK(scanned(*audit)[0] == first.substr(3) + " one");
  }
  SUBCASE("by session and number") {
    const auto first = sent(*link, with_sequence("p#1", 7, "one"));
    CHECK(sent(*link, with_sequence("p#1", 7, "two")) == first + " duplicate");
    CHECK_FALSE(sent(*link, with_sequence("p#1", 6, "three")).ends_with("duplicate"));
    CHECK_FALSE(sent(*link, with_sequence("p#2", 7, "four")).ends_with("duplicate"));
    CHECK(scanned(*audit).size() == 3);
  }
  SUBCASE("and every time when it is not asked to deduplicate") {
    CHECK(sent(*link, with_id("", "one")) != sent(*link, with_id("", "one")));
    CHECK(scanned(*audit).size() == 2);
  }
}

TEST_CASE("without the script an identity changes nothing") {
  Server server;
  const auto link = producer_link(setup_for(server, "p#1"));
  CHECK(sent(*link, with_id("m1", "one")) != sent(*link, with_id("m1", "one")));
}

TEST_CASE("identities are as durable as their entries") {
  const auto again_after_kill = [](const std::string& appendonly) {
    Server server({"--appendonly", appendonly});
    const auto link = producer_link(setup_with(once, server, "p#1"));
    sent(*link, with_id("m1", "one"));
    server.kill();
    server.start();
    const auto again = sent(*link, with_id("m1", "two"));
    CHECK(scanned(*audit_link(setup_with(once, server, "auditor#1"))).size() == 1);
    return again.ends_with("duplicate");
  };
  CHECK(again_after_kill("yes"));
  CHECK_FALSE(again_after_kill("no"));
}

TEST_CASE("a scripted send that Redis rejects has failed, and left nothing behind") {
  Server server;
  const auto link = producer_link(setup_with(once, server, "p#1"));
  const auto audit = audit_link(setup_with(once, server, "auditor#1"));
  SUBCASE("out of memory") {
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(sent(*link, with_id("m1", "one")) == "fail");
    server.command({"CONFIG", "SET", "maxmemory", "0"});
  }
  SUBCASE("identities of another type") {
    server.command({"SET", "ch/identities", "text"});
    CHECK(sent(*link, with_id("m1", "one")) == "fail");
    server.command({"DEL", "ch/identities"});
  }
  CHECK(scanned(*audit).empty());
  CHECK_FALSE(sent(*link, with_id("m1", "two")).ends_with("duplicate"));
}

TEST_CASE("with a length limit the script trims as XADD does") {
  Server server;
  const auto link = producer_link(setup_with(R"({"dedup_script": true, "maxlen": 2})", server, "p#1"));
  for (const std::string id : {"m1", "m2", "m3"}) sent(*link, with_id(id, id));
  const auto left = scanned(*audit_link(setup_with(once, server, "auditor#1")));
  REQUIRE(left.size() == 2);
  CHECK(left[0].ends_with(" m2"));
  CHECK(sent(*link, with_id("m1", "m1")).ends_with("duplicate"));
}

TEST_CASE("fenced by the script, a lost lease cannot be acknowledged") {
  Server server;
  const auto zombie = consumer_link(setup_with(fenced, server, "c#1"));
  zombie->open(soon());
  send(*producer_link(setup_for(server, "p#1")), {"m1"});
  const auto stale = receive(*zombie, 1).front();
  const auto owner = consumer_link(setup_with(fenced, server, "c#2"));
  owner->open(soon());
  owner->take_over("c#1", soon());
  const auto owned = receive(*owner, 1).front();

  CHECK(zombie->ack(stale, soon()) == AckOutcome::refused);
  server.kill();
  server.start();
  CHECK(zombie->ack(stale, soon()) == AckOutcome::refused);
  CHECK(owner->ack(owned, soon()) == AckOutcome::confirmed);
  CHECK(owner->ack(owned, soon()) == AckOutcome::refused);
  CHECK(counts(*audit_link(setup_for(server, "auditor#1"))) == Counts{0, 0, 0, 0});
}
