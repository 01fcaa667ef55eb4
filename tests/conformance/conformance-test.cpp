// selftest --system holds an adapter against what it declares: each planted lie
// is found, by the ability it is about, and an adapter without one passes.
#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <semaphore>
#include <sstream>

#include "tests/system/workbench.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

// One line of the table.
struct Row {
  std::string ability, declared, seen, verdict;

  bool operator==(const Row&) const = default;
};

std::string column(const std::string& line, std::size_t start, std::size_t width) {
  const auto text = start < line.size() ? line.substr(start, width) : "";
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

// A line below a row is indented further.
std::vector<Row> rows_in(const std::string& table) {
  std::vector<Row> rows;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("  ") && line[2] != ' ')
      rows.push_back({column(line, 2, 20), column(line, 22, 26), column(line, 48, 26), column(line, 74, 20)});
  return rows;
}

std::vector<Row> of_verdict(const std::vector<Row>& rows, const std::string& verdict) {
  std::vector<Row> chosen;
  for (const auto& row : rows)
    if (row.verdict == verdict) chosen.push_back(row);
  return chosen;
}

std::map<std::string, std::string> systems_in(const Bench& bench) {
  return {{"ASSAY_SYSTEMS", (bench.directory() / "systems").string()}};
}

struct Examined {
  int code = -1;
  std::vector<Row> rows;
  std::string output, errors;
};

Examined examine(const Bench& bench, const std::string& system, const std::vector<std::string>& sets = {}) {
  std::vector<std::string> arguments{"selftest", "--system", system};
  for (const auto& set : sets) arguments.insert(arguments.end(), {"--set", set});
  const auto outcome = bench.assay(arguments, systems_in(bench));
  return {outcome.code, rows_in(outcome.output), outcome.output, outcome.errors};
}

// An examination mostly waits for what must not come; more at once than this
// would wait for each other.
std::counting_semaphore<> places(6);

Examined examine_planted(const std::string& lie) {
  const Bench bench;
  fs::create_directories(bench.directory() / "systems");
  fs::create_symlink(fs::path(ASSAY_BIN_DIR).parent_path() / "tests/conformance/planted-adapter", bench.directory() / "systems" / ("assay-" + lie));
  places.acquire();
  auto examined = examine(bench, lie);
  places.release();
  return examined;
}

}  // namespace

TEST_CASE("an adapter that does what it declares passes") {
  const Bench bench;
  const auto examined = examine(bench, "embedded");
  CAPTURE(examined.output);
  CHECK(examined.errors == "");
  CHECK(examined.code == 0);
  CHECK(of_verdict(examined.rows, "differs").empty());
  CHECK(of_verdict(examined.rows, "not checked") ==
        std::vector<Row>{{"transactions", "none", "-", "not checked"}, {"client_retries", "false", "-", "not checked"}});
}

TEST_CASE("Redis passes, whether its settings keep what it was told or not") {
  const Bench bench;
  for (const std::string kept : {"yes", "no"}) {
    const auto examined = examine(bench, "redis", {"system.settings.appendonly=" + kept});
    CAPTURE(examined.output);
    CHECK(examined.code == 0);
    CHECK(of_verdict(examined.rows, "differs").empty());
    const auto unchecked = of_verdict(examined.rows, "not checked");
    CHECK((std::find(unchecked.begin(), unchecked.end(), Row{"ack", "each", "-", "not checked"}) != unchecked.end()) == (kept == "no"));
  }
}

TEST_CASE("every other system passes, in each of its modes") {
  const std::string settings = "system.settings.";
  const std::vector<std::pair<std::string, std::string>> configurations{
      {"kafka", "membership=static"}, {"kafka", "membership=assigned"},
      {"rabbitmq", "durable=true"},   {"rabbitmq", "queue_type=quorum"},
      {"nats", "mode=jetstream"},     {"nats", "mode=core"},          {"nats", "retention=workqueue"},
      {"mqtt", "qos=1"},              {"mqtt", "qos=0"},              {"mqtt", "qos=2"},
      {"postgres", "mode=queue"},     {"postgres", "mode=outbox"},
      {"beanstalkd", "binlog=true"},  {"redis", "mode=list-pop"},     {"redis", "mode=list-move"},    {"redis", "mode=pubsub"},
      {"redis", "noack=true"},        {"redis", "dedup_script=true"}, {"redis", "fence_script=true"}};
  const Bench bench;
  for (const auto& [system, setting] : configurations) {
    const auto examined = examine(bench, system, {settings + setting});
    CAPTURE(examined.output);
    CAPTURE(examined.errors);
    CHECK(examined.code == 0);
    CHECK(of_verdict(examined.rows, "agrees").size() >= 14);
  }
}

TEST_CASE("each lie of an adapter is found, and named by the ability it is about") {
  const std::string differs = "differs";
  const std::map<std::string, std::vector<Row>> lies{
      {"honest", {}},
      {"maps-errors", {{"send_answered", "no false ok", "false ok", differs},
                       {"send_answered", "no false ok", "false ok", differs}}},
      {"leaves-sends-open", {{"open sends", "all answered", "left open", differs}}},
      {"cuts-at-nul", {{"lists_stored", "true", "false", differs},
                       {"bytes", "the same", "others", differs},
                       {"lists_stored", "true", "false", differs}}},
      {"renames-copy", {{"copy", "one name", "several", differs}}},
      {"lists-nothing", {{"lists_stored", "true", "false", differs},
                         {"lists_stored", "true", "false", differs},
                         {"dedup", "id: once", "id: never", differs},
                         {"dedup", "the next one: once", "the next one: never", differs},
                         {"dedup", "session-sequence: once", "session-sequence: never", differs},
                         {"dedup", "the next one: once", "the next one: never", differs}}},
      {"forgets-dedup", {{"dedup", "id: once", "id: twice", differs},
                         {"dedup", "id: once", "id: twice", differs},
                         {"dedup", "session-sequence: once", "session-sequence: twice", differs},
                         {"dedup", "session-sequence: once", "session-sequence: twice", differs}}},
      {"never-redelivered", {{"redelivered", "true", "false", differs}}},
      {"drops-acks", {{"stale_ack_refused", "true", "false", differs},
                      {"ack", "each", "offered again", differs},
                      {"backlog", "authoritative", "ready 2, leased 1", differs},
                      {"ack", "each", "offered again", differs}}},
      {"confirms-stale-acks", {{"stale_ack_refused", "true", "false", differs}}},
      {"offers-nothing", {{"takeover", "request", "nothing offered", differs}}},
      {"commits-effects-early", {{"transactions", "effect-and-ack", "kept", differs},
                                 {"transactions", "effect-and-ack", "kept, left", differs}}},
      {"loses-effects", {{"transactions", "effect-and-ack", "no effect", differs},
                         {"transactions", "effect-and-ack", "no effect", differs}}},
      {"empty-backlog", {{"backlog", "authoritative", "ready 2, leased 0", differs}}},
      {"throws", {{"bytes", "-", "gave up", differs},
                  {"dedup", "id, session-sequence", "gave up", differs},
                  {"dedup", "id, session-sequence", "gave up", differs},
                  {"shape", "queue", "gave up", differs},
                  {"takeover", "request", "gave up", differs},
                  {"ack", "each", "gave up", differs},
                  {"backlog", "authoritative", "gave up", differs},
                  {"send_answered", "true", "gave up", differs},
                  {"ack", "each", "gave up", differs}}},
      {"crashes", {{"agent", "answers", "does not", differs}}},
  };
  std::map<std::string, std::future<Examined>> examinations;
  for (const auto& [lie, expected] : lies) examinations[lie] = std::async(std::launch::async, examine_planted, lie);
  for (const auto& [lie, expected] : lies) {
    CAPTURE(lie);
    const auto examined = examinations[lie].get();
    CAPTURE(examined.output);
    CHECK(examined.code == (lie == "honest" ? 0 : 1));
    CHECK(of_verdict(examined.rows, "differs") == expected);
  }
}

// What else such answers break depends on who is quicker.
TEST_CASE("an ok that does not wait for the system is found, though the system mostly does what it promises") {
  const auto examined = examine_planted("answers-early");
  CAPTURE(examined.output);
  CHECK(examined.code == 1);
  const auto differing = of_verdict(examined.rows, "differs");
  for (const auto& row : std::vector<Row>{{"abandon", "not ok", "ok", "differs"}, {"send_answered", "no false ok", "false ok", "differs"}})
    CHECK(std::find(differing.begin(), differing.end(), row) != differing.end());
}

TEST_CASE("what cannot be seen of a system is listed, with the rest held all the same") {
  const std::string no = "not checked";
  const std::map<std::string, std::vector<Row>> kinds{
      {"auto-acks", {{"lists_stored", "false", "-", no},
                     {"copy", "-", "-", no},
                     {"timers", "-", "-", no},
                     {"takeover", "never", "-", no},
                     {"stale_ack_refused", "false", "-", no},
                     {"ack_answered", "false", "-", no},
                     {"backlog", "advisory", "-", no},
                     {"ack", "none", "-", no}}},
      {"lets-go-at-disconnect", {{"stale_ack_refused", "false", "-", no}}}};
  for (const auto& [kind, expected] : kinds) {
    CAPTURE(kind);
    const auto examined = examine_planted(kind);
    CAPTURE(examined.output);
    CHECK(examined.code == 0);
    CHECK(of_verdict(examined.rows, "differs").empty());
    CHECK(of_verdict(examined.rows, no) == expected);
  }
}

TEST_CASE("what a broker forgets over a restart is found") {
  const std::map<std::string, Row> forgets{
      {"forgets-acks-on-restart", {"ack", "each", "offered again", "differs"}},
      {"loses-leased-on-restart", {"kept", "what was leased", "not what was leased", "differs"}}};
  const Bench bench;
  for (const auto& [defect, row] : forgets) {
    CAPTURE(defect);
    const auto examined = examine(bench, "embedded", {"system.settings.defect=" + defect});
    CAPTURE(examined.output);
    CHECK(examined.code == 1);
    CHECK(of_verdict(examined.rows, "differs").back() == row);
  }
}

TEST_CASE("only settings of the system can be set, and only with one") {
  const Bench bench;
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const auto outcome = bench.assay(arguments);
    CHECK(outcome.code == 64);
    return outcome.errors;
  };
  CHECK(refused({"selftest", "--system", "embedded", "--set", "workload.messages=3"}) ==
        "assay: --set workload.messages=3: with --system only system.settings.KEY and system.port can be set\n");
  CHECK(refused({"selftest", "--system", "embeded"}).starts_with("assay: \"embeded\" is no system; did you mean \"embedded\"?"));
  CHECK(refused({"selftest", "--set", "system.settings.fenced=false"}).starts_with("assay: selftest --set system.settings.fenced=false: it goes with --system or --agent"));
  CHECK(refused({"selftest", "--system", "embedded", "--seed", "2"}).starts_with("assay: "));
}
