#include <doctest/doctest.h>

#include "agents/sink/sink.hpp"
#include "checker/history/payload.hpp"
#include "tests/roles/incarnation.hpp"

using namespace assay;
using nlohmann::json;

namespace {

struct Audit {
  explicit Audit(Bench& bench, const AgentConfiguration& configuration) : auditor(bench, configuration, "audit") {
    auditor.configure_and_go();
  }
  json ask(const std::string& command, const std::string& answer) {
    auditor.say({{"type", command}});
    return auditor.heard(answer);
  }
  Lines end() {
    auditor.say({{"type", "bye"}});
    CHECK(auditor.await_exit() == 0);
    return story(auditor.recording());
  }
  Incarnation auditor;
};

std::string planned_digest(const Bench& bench, const std::string& message) {
  return digest(*parse_payload(delivery_of(bench.consumer(), message, "1").bytes));
}

}  // namespace

TEST_CASE("the auditor tells the backlog and records what it told") {
  Bench bench;
  bench.system.backlog = {.ready = 1, .leased = 2, .delayed = 3, .prepared = 4};
  Audit audit(bench, bench.auditor());
  CHECK(audit.ask("backlog", "backlog") ==
        json{{"type", "backlog"}, {"ready", 1}, {"leased", 2}, {"delayed", 3}, {"prepared", 4}});
  CHECK(audit.end() == Lines{"backlog ready=1 leased=2 delayed=3 prepared=4"});
}

TEST_CASE("the auditor turns sink rows and stored copies into events, and ends with the backlog") {
  Bench bench;
  const std::string m1 = "4/producer-0/1", m2 = "4/producer-0/2";
  Payload raw;
  raw.body = "somebody else's";
  Sink sink(bench.auditor().sink);
  sink.append({m1, 1001, "k0", planned_digest(bench, m1), "consumer-0#1", 0});
  sink.append({m1, 2001, "k0", planned_digest(bench, m1), "consumer-0#2", 0});
  sink.append({"", 0, "", digest(raw), "consumer-1#1", 0});
  bench.system.copies = {{"orders/1", delivery_of(bench.consumer(), m1, "1").bytes, true},
                         {"orders/2", delivery_of(bench.consumer(), m2, "2").bytes, false},
                         {"orders/3", "somebody else's", true}};

  Audit audit(bench, bench.auditor());
  CHECK(audit.ask("scan", "scanned") == json{{"type", "scanned"}, {"rows", 3}, {"copies", 3}});
  CHECK(audit.end() == Lines{"sink.row message=4/producer-0/1 key=k0 attempt=1001 position=1 writer=consumer-0#1",
                             "sink.row message=4/producer-0/1 key=k0 attempt=2001 position=2 writer=consumer-0#2",
                             "sink.row digest=" + digest(raw) + " position=3 writer=consumer-1#1",
                             "stored.row message=4/producer-0/1 key=k0 attempt=1001 copy=orders/1 committed=yes",
                             "stored.row message=4/producer-0/2 key=k0 attempt=1001 copy=orders/2 committed=no",
                             "stored.row digest=" + digest(raw) + " copy=orders/3 committed=yes",
                             "backlog ready=0 leased=0 delayed=0 prepared=0"});
}

TEST_CASE("effects that live in the system are rows like those of a sink") {
  Bench bench;
  const std::string m1 = "4/producer-0/1";
  bench.system.effects = {{m1, 1001, "k0", planned_digest(bench, m1), "consumer-0#1", 7}};
  Audit audit(bench, bench.auditor());
  CHECK(audit.ask("scan", "scanned") == json{{"type", "scanned"}, {"rows", 1}, {"copies", 0}});
  CHECK(audit.end() == Lines{"sink.row message=4/producer-0/1 key=k0 attempt=1001 position=7 writer=consumer-0#1",
                             "backlog ready=0 leased=0 delayed=0 prepared=0"});
}

TEST_CASE("without a sink the auditor scans the system alone") {
  Bench bench;
  AgentConfiguration configuration = bench.auditor();
  configuration.sink.clear();
  Audit audit(bench, configuration);
  CHECK(audit.ask("scan", "scanned") == json{{"type", "scanned"}, {"rows", 0}, {"copies", 0}});
  CHECK(audit.end() == Lines{"backlog ready=0 leased=0 delayed=0 prepared=0"});
}

TEST_CASE("the auditor of a pipeline establishes its group, and counts what either channel owes") {
  Bench bench;
  bench.system.backlog = {.ready = 1, .leased = 2, .delayed = 3, .prepared = 4};
  bench.system.copies = {{"orders/1", R"({"order": "4/producer-0/1"})", true}, {"orders/2", "{}", true}};
  auto configuration = bench.auditor();
  configuration.recognise = "pointer /order";
  configuration.input_channel = "orders-in";
  configuration.input_group = "takers";
  Payload raw;
  raw.body = "{}";
  Audit audit(bench, configuration);
  CHECK(audit.ask("backlog", "backlog") ==
        json{{"type", "backlog"}, {"ready", 2}, {"leased", 4}, {"delayed", 6}, {"prepared", 8}});
  audit.ask("scan", "scanned");
  CHECK(audit.end() == Lines{"~ open",
                             "backlog ready=2 leased=4 delayed=6 prepared=8",
                             "stored.row message=4/producer-0/1 copy=orders/1 committed=yes",
                             "stored.row digest=" + digest(raw) + " copy=orders/2 committed=yes",
                             "backlog ready=2 leased=4 delayed=6 prepared=8"});
}

TEST_CASE("what was set aside is on record as dead letters, each with its reason, and counts as no copy") {
  Bench bench;
  const std::string m1 = "4/producer-0/1", m2 = "4/producer-0/2";
  bench.system.dead_letters = {{"aside/1", delivery_of(bench.consumer(), m1, "1").bytes, true, "rejected"},
                               {"aside/2", delivery_of(bench.consumer(), m2, "2").bytes, true, ""}};
  Audit audit(bench, bench.auditor());
  CHECK(audit.ask("scan", "scanned") == json{{"type", "scanned"}, {"rows", 0}, {"copies", 0}});
  CHECK(audit.end() == Lines{"stored.row message=4/producer-0/1 key=k0 attempt=1001 copy=aside/1 committed=yes kind=dead-letter status=rejected",
                             "stored.row message=4/producer-0/2 key=k0 attempt=1001 copy=aside/2 committed=yes kind=dead-letter",
                             "backlog ready=0 leased=0 delayed=0 prepared=0"});
}
