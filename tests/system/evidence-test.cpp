// What is stored is what was judged: `check` gives the same bytes, damage is
// found, a planted broker leaves the same kinds of events as an honest one, and
// a drain that ends on less than evidence makes assay lie.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "checker/history/files.hpp"
#include "cli/judged-run.hpp"
#include "cli/run.hpp"
#include "tests/files.hpp"
#include "workbench.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

std::string rejudged(const fs::path& directory) {
  const auto stored = read_run(directory);
  const auto plan = plan_from_json(stored.plan);
  std::vector<Judgement> judgements;
  for (const auto& trial : stored.trials) judgements.push_back(judge(trial, plan.terms.ground));
  const auto weighing = weigh(judgements, plan.terms, stored.end == RunEnd::interrupted);
  return judgement_json(weighing, stored.trials, plan.terms);
}

void overwrite(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes; }

}  // namespace

TEST_CASE("a stored run judged again gives the same judgement, byte for byte") {
  const Bench bench;
  Json report;
  REQUIRE(bench.run({profile("embedded/at-least-once"), "--claim", "exactly-once"}, report).code == 1);
  const auto again = bench.assay({"check", "r.d", "--judgement", "again.json"});
  CHECK(again.code == 1);
  CHECK(read_whole_file(bench.directory() / "again.json") == read_whole_file(bench.directory() / "r.d/judgement.json"));
}

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t stride = 7;  // every byte is tried without sanitizers
#else
constexpr std::size_t stride = 1;
#endif

TEST_CASE("cut anywhere or changed in any byte, a stored run is damaged and never gets another verdict") {
  const Bench bench;
  Json report;
  REQUIRE(bench.run({profile("embedded/at-least-once"), "--claim", "exactly-once", "--set", "workload.messages=1", "--only",
                     "kill:consumer-0@consumer-0:C.effect_before_ack#1"}, report).code == 1);
  const auto directory = bench.directory() / "r.d";
  const auto judgement = rejudged(directory);

  int files = 0;
  for (const auto* name : {"manifest.json", "plan.json", "trials/000001.hist", "trials/000002.hist"}) {
    CAPTURE(name);
    ++files;
    const auto file = directory / name;
    const auto whole = read_whole_file(file);
    int survived = 0;
    const auto attempt = [&](const std::string& bytes) {
      overwrite(file, bytes);
      try {
        survived += rejudged(directory) == judgement ? 0 : 1;
      } catch (const DamagedHistory&) {
      }
    };
    for (std::size_t length = 0; length < whole.size(); length += stride) attempt(whole.substr(0, length));
    for (std::size_t i = 0; i < whole.size(); i += stride) {
      auto bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
      attempt(bytes);
    }
    CHECK(survived == 0);
    overwrite(file, whole.substr(0, whole.size() / 2));
    CHECK(bench.assay({"check", "r.d"}).code == 65);
    overwrite(file, whole);
  }
  CHECK(files == 4);
  CHECK(rejudged(directory) == judgement);
  fs::remove(directory / "trials/000002.hist");
  CHECK(bench.assay({"check", "r.d"}).code == 65);
}

// All is sent before the consumer starts, and the consumer waits for the answer
// to its ack when the broker is killed: nobody else has anything open that one
// run would end otherwise than the next.
TEST_CASE("a planted broker leaves the same kinds of events as the honest one") {
  const auto kinds_of = [](const std::string& defect) {
    const Bench bench;
    Json report;
    bench.run({profile("embedded/at-least-once"), "--set", "system.settings.defect=" + defect, "--set",
               "workload.start=producers-first", "--only", "kill:broker@broker:B.ack_recv#3"}, report);
    std::set<std::string> kinds;
    for (const auto& trial : read_run(bench.directory() / "r.d").trials)
      for (const auto& recording : trial.recordings) {
        kinds.insert(recording.process + " exists");
        for (const auto& event : recording.events) {
          if (event.type == Type::environment) continue;
          std::string kind = recording.process + " " + short_name(event);
          for (const auto& field : fields()) {
            const bool used = std::visit([&](auto member) {
              if constexpr (std::is_same_v<decltype(member), Field::Text>) return !(event.*member).empty();
              else return (event.*member).has_value();
            }, field.member);
            // Whether an answer names an error or a copy depends on the kill, not on the broker.
            if (used && field.name != "error" && field.name != "copy") kind += " " + std::string(field.name);
          }
          kinds.insert(kind);
        }
      }
    return kinds;
  };
  const auto honest = kinds_of("none");
  CHECK(honest.size() > 15);
  for (const std::string defect : {"answers-before-durable", "loses-leased-on-restart", "forgets-acks-on-restart",
                                   "corrupts-payload", "claims-first-delivery"}) {
    CAPTURE(defect);
    const auto kinds = kinds_of(defect);
    std::string only_one;
    for (const auto& kind : kinds)
      if (!honest.contains(kind)) only_one += "\n  planted only: " + kind;
    for (const auto& kind : honest)
      if (!kinds.contains(kind)) only_one += "\n  honest only: " + kind;
    CHECK(only_one == "");
  }
}

// CONTRACTS 2.4: on a queue an end marker overtakes whatever is leased. A
// consumer is killed between effect and ack, and its lease does not end before
// the marker comes through. The driver that stops there calls it drained, and
// a judge who takes its word for it (a log's partitions are passed by a marker)
// sees one effect and no more.
TEST_CASE("a drain that ends at an end marker makes exactly-once come out wrongly upheld") {
  ::setenv("ASSAY_SYSTEMS", ASSAY_BIN_DIR, 1);
  static ChildWatch watch;
  const auto verdict_with = [](DrainRule drain, TakeOver take_over) {
    const Bench bench;
    const auto file = bench.write("driver.json", R"({
      "system": "embedded",
      "claim": "exactly-once @ committed",
      "workload": {"messages": 20},
      "evidence": {"drain_timeout_ms": 500}
    })");
    const auto profile = load_profile(file);
    const auto system = describe_system("embedded").with(profile.settings);
    auto plan = make_plan(profile, system, 1, "kill:consumer-0@consumer-0:C.effect_before_ack#3");
    plan.terms.evidence = Evidence::history;  // one trial: no floors
    if (drain == DrainRule::end_marker) plan.terms.ground.shape = Ground::Shape::log;
    RunStore store(bench.directory() / "run", plan);
    const auto scratch = bench.directory() / "s";
    const auto run = run_trials(plan, system, {.scratch = scratch, .drain = drain, .take_over = take_over}, watch, store);
    REQUIRE(run.judgements.size() == 2);
    REQUIRE(run.judgements.back().fault->landed);
    const auto weighing = weigh(run.judgements, plan.terms, false);
    return std::string(name(weighing.verdict)) + (weighing.reason == Reason::none ? "" : ": " + std::string(name(weighing.reason)));
  };
  CHECK(verdict_with(DrainRule::empty_backlog, TakeOver::at_restart) == "violated");
  CHECK(verdict_with(DrainRule::empty_backlog, TakeOver::never) == "inconclusive: unresolved");
  CHECK(verdict_with(DrainRule::end_marker, TakeOver::never) == "upheld");  // wrong, and that is the point
}
