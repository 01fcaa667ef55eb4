// What a consumer sends on, and what becomes of it with its offset.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/kafka/server.hpp"

using namespace assay;
using namespace assay::kafka;

namespace {

const std::string impatient = R"("session_timeout_ms": 6000, "transaction_timeout_ms": 8000)";

SinkRow effect_of(const std::string& message, std::int64_t part, const std::string& writer = "c-0#1") {
  return {.message = message, .attempt = 1001, .key = "k", .digest = "d", .writer = writer, .part = part, .transaction = writer + "/1"};
}

// The broker writes the marks of a transaction behind its answer.
void settle(const Channel& channel) {
  const auto deadline = soon();
  while (channel.auditor()->backlog(soon()).prepared > 0 && !deadline.passed()) continue;
}

// The parts lie in different partitions, which come in any order.
std::vector<std::string> effects(const Channel& channel) {
  settle(channel);
  std::vector<std::string> found;
  channel.auditor()->scan_effects(
      [&](const SinkRow& row) { found.push_back(row.message + " part " + std::to_string(row.part) + " of " + row.transaction); }, soon());
  std::sort(found.begin(), found.end());
  return found;
}

bool ok(const TransactionAnswer& answer) {
  CHECK_MESSAGE(answer.outcome == TransactionOutcome::ok, answer.error);
  return answer.outcome == TransactionOutcome::ok;
}

// A consumer that has fenced, taken m1, and sent it on in a transaction.
std::unique_ptr<ConsumerLink> half_done(const Channel& channel, const std::string& incarnation, Delivery* taken) {
  auto link = consumer_link(channel.setup(incarnation));
  REQUIRE(ok(link->fence(soon())));
  link->open(soon());
  *taken = receive(*link, 1).front();
  REQUIRE(ok(link->begin(soon())));
  REQUIRE(link->send_on(effect_of(taken->bytes, 1, incarnation), soon()).outcome == SendOutcome::ok);
  REQUIRE(link->send_on(effect_of(taken->bytes, 2, incarnation), soon()).outcome == SendOutcome::ok);
  return link;
}

}  // namespace

TEST_CASE("a transaction makes both parts and the offset true together") {
  const Channel channel("{" + impatient + "}");
  channel.send({"m1", "m2"});
  Delivery taken;
  const auto link = half_done(channel, "c-0#1", &taken);
  CHECK(ok(link->add_offsets({taken}, soon())));
  CHECK(channel.auditor()->backlog(soon()).prepared > 0);
  CHECK(ok(link->commit(soon())));
  CHECK(effects(channel) == std::vector<std::string>{"m1 part 1 of c-0#1/1", "m1 part 2 of c-0#1/1"});
  CHECK(channel.owed() == 1);
  CHECK(bodies_of(receive(*link, 1)) == std::vector<std::string>{"m2"});
}

TEST_CASE("after an abort nothing is there, and what was taken comes again in a session of its own") {
  const Channel channel("{" + impatient + "}");
  channel.send({"m1"});
  Delivery taken;
  const auto link = half_done(channel, "c-0#1", &taken);
  CHECK(ok(link->abort(soon())));
  const auto again = receive(*link, 1);
  CHECK(again.front().bytes == "m1");
  CHECK(again.front().session != taken.session);
  CHECK(effects(channel).empty());
}

TEST_CASE("a successor of its name aborts what an incarnation has open, and shuts it out") {
  const Channel channel("{" + impatient + "}");
  channel.send({"m1"});
  Delivery of_first, of_second;
  const auto first = half_done(channel, "c-0#1", &of_first);
  const auto second = half_done(channel, "c-0#2", &of_second);
  CHECK(ok(second->add_offsets({of_second}, soon())));
  CHECK(ok(second->commit(soon())));
  const auto late = first->commit(soon());
  CHECK(late.outcome == TransactionOutcome::fail);
  CHECK(late.fenced);
  CHECK(first->fence(soon()).fenced);
  CHECK(effects(channel) == std::vector<std::string>{"m1 part 1 of c-0#2/1", "m1 part 2 of c-0#2/1"});
}

TEST_CASE("an incarnation with an id of its own is shut out by nobody") {
  const Channel channel(R"({"membership": "assigned", "transactional_id": "by-incarnation", "transaction_timeout_ms": 8000})");
  channel.send({"m1"});
  Delivery of_first, of_second;
  const auto first = half_done(channel, "c-0#1", &of_first);
  const auto second = half_done(channel, "c-0#2", &of_second);
  for (auto* link : {second.get(), first.get()}) {
    CHECK(ok(link->add_offsets({link == first.get() ? of_first : of_second}, soon())));
    CHECK(ok(link->commit(soon())));
  }
  CHECK(effects(channel).size() == 4);
}

TEST_CASE("without a transaction a record is there as soon as it is answered") {
  const Channel channel;
  channel.send({"m1"});
  const auto link = channel.consumer("c-0#1");
  CHECK(link->send_on(effect_of("m1", 1), soon()).outcome == SendOutcome::ok);
  CHECK(effects(channel).size() == 1);
}

TEST_CASE("who reads what is not committed sees what is aborted") {
  const Channel channel("{\"isolation\": \"read_uncommitted\", " + impatient + "}");
  channel.send({"m1"});
  Delivery taken;
  const auto link = half_done(channel, "c-0#1", &taken);
  CHECK(ok(link->abort(soon())));
  CHECK(effects(channel).size() == 2);
}
