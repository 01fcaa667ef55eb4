// From judgements to a verdict: floors, reasons, combination, strongest.
#include <doctest/doctest.h>

#include "checker/cells.hpp"
#include "checker/evidence.hpp"
#include "checker/weigh.hpp"

using namespace assay;

namespace {

constexpr ClauseAt no_loss{Clause::no_loss, Scope::committed}, no_dup{Clause::no_dup, Scope::committed};

Terms terms(const std::string& claim = "at-least-once @ committed") {
  return {.claim = parse_claim(claim),
          .kinds = {"kill"},
          .targets = {"producer", "consumer", "broker"},
          .not_applicable = {Clause::no_aborted}};
}

// A run in which the control trial passes these two windows.
const std::vector<std::pair<std::string, std::string>> universe{{"P.before_send", "producer-0"}, {"C.received", "consumer-0"}};

std::vector<ClauseFinding> clean_findings(std::int64_t exercised) {
  std::vector<ClauseFinding> findings;
  for (const auto scope : {Scope::stored, Scope::delivered, Scope::committed})
    for (const auto clause : {Clause::no_loss, Clause::no_dup, Clause::no_phantom, Clause::no_corruption, Clause::no_aborted})
      findings.push_back({.clause = {clause, scope}, .exercised = clause == Clause::no_aborted ? 0 : exercised, .exercised_calm = exercised});
  return findings;
}

Judgement control() {
  Judgement judgement{.trial = 1, .clauses = clean_findings(0), .quiescent = true, .anything_arrived = true};
  judgement.accounts = {.planned = 100, .sent = 100, .acked = 100, .deliveries = 100};
  for (const auto& [window, process] : universe) {
    judgement.reached[window].insert(process);
    judgement.hits[process][window] = 100;
  }
  return judgement;
}

Judgement landed(std::int64_t trial, const std::string& target, const std::string& window, std::int64_t occurrence) {
  return {.trial = trial,
          .fault = FaultFinding{.name = "kill:" + target + "@" + target + ":" + window + "#" + std::to_string(occurrence),
                                .kind = "kill", .target = target, .landed = true, .cell = window, .occurrence = occurrence,
                                .group_went_on = true},
          .clauses = clean_findings(1),
          .quiescent = true,
          .anything_arrived = true};
}

// Everything at its floor and nothing found.
std::vector<Judgement> good_run(int per_window = 15) {
  std::vector<Judgement> run{control()};
  for (int i = 1; i <= per_window; ++i)
    for (const auto& [window, process] : universe)
      run.push_back(landed(static_cast<std::int64_t>(run.size()) + 1, process, window, i));
  return run;
}

Witness witness(ClauseAt at, const std::string& message) {
  return {.clause = at, .anomaly = entry(at.clause).anomaly, .message = message, .origin = "redelivery", .what = message + " ..."};
}

void plant(Judgement& judgement, ClauseAt at) {
  for (auto& finding : judgement.clauses)
    if (finding.clause == at) finding.witnesses.push_back(witness(at, std::to_string(judgement.trial) + "/producer-0/1"));
}

std::string verdict_of(const std::vector<Judgement>& run, const Terms& t, bool interrupted = false) {
  const auto weighing = weigh(run, t, interrupted);
  return std::string(name(weighing.verdict)) + (weighing.reason == Reason::none ? "" : ": " + std::string(name(weighing.reason)));
}

std::string detail_of(const std::vector<Judgement>& run, const Terms& t) { return weigh(run, t, false).detail; }

}  // namespace

TEST_CASE("a run with every floor held and nothing found is upheld") {
  CHECK(verdict_of(good_run(), terms()) == "upheld");
  CHECK(weigh(good_run(), terms(), false).strongest ==
        std::vector<std::string>{"exactly-once @ committed", "exactly-once @ delivered", "exactly-once @ stored"});
}

TEST_CASE("an empty run upholds nothing") {
  CHECK(verdict_of({}, terms()) == "inconclusive: environment");
  CHECK(verdict_of({control()}, terms()) == "inconclusive: not_exercised");
  CHECK(detail_of({control()}, terms()) == "no-loss @ committed: no fault landed");
}

TEST_CASE("a control trial in which nothing arrives ends the run as environment") {
  auto run = good_run();
  run.front().anything_arrived = false;
  CHECK(verdict_of(run, terms()) == "inconclusive: environment");
}

TEST_CASE("one anomaly of a claimed clause is enough") {
  auto run = good_run();
  plant(run[5], no_dup);
  CHECK(verdict_of(run, terms("exactly-once @ committed")) == "violated");
  SUBCASE("and what it does no harm to is not counted with it") {
    plant(run[6], {Clause::no_dup, Scope::delivered});
    plant(run[7], {Clause::no_dup, Scope::delivered});
    const auto weighing = weigh(run, terms("exactly-once @ committed"), false);
    CHECK(weighing.anomalies == std::map<std::string, std::int64_t>{{"duplicated", 1}});
    CHECK(weigh(run, terms(), false).anomalies == std::map<std::string, std::int64_t>{{"duplicated", 3}});
  }
  SUBCASE("and is only observed where the claim allows it") {
    CHECK(verdict_of(run, terms("at-least-once @ committed")) == "upheld");
    CHECK(verdict_of(run, terms("exactly-once @ stored")) == "upheld");
    const auto weighing = weigh(run, terms(), false);
    CHECK(weighing.anomalies == std::map<std::string, std::int64_t>{{"duplicated", 1}});
    CHECK(weighing.forbidden.empty());
    CHECK(weighing.strongest == std::vector<std::string>{"at-least-once @ committed", "exactly-once @ delivered", "exactly-once @ stored"});
  }
  SUBCASE("floors do not matter to it, nor do interrupts, gaps or environment faults elsewhere") {
    std::vector<Judgement> short_run{control(), run[5]};
    auto disturbed = landed(9, "producer-0", "P.before_send", 1);
    disturbed.environment = {"disk full"};
    disturbed.gaps = {"producer-0#1: damaged"};
    short_run.push_back(disturbed);
    CHECK(verdict_of(short_run, terms("exactly-once @ committed"), true) == "violated");
  }
  SUBCASE("in the control trial as well") {
    std::vector<Judgement> only{control()};
    plant(only.front(), no_loss);
    CHECK(verdict_of(only, terms()) == "violated");
    CHECK(weigh(only, terms(), false).found.front().fault == "control");
  }
  SUBCASE("in a trial that did not land it counts as it stands") {
    auto missed = run[5];
    missed.fault->landed = false;
    CHECK_FALSE(must_repeat(missed));
    CHECK(verdict_of({control(), missed}, terms("exactly-once @ committed")) == "violated");
  }
}

TEST_CASE("every relevant window needs its floor") {
  auto run = good_run();
  std::erase_if(run, [](const Judgement& j) { return j.fault && j.fault->cell == "C.received" && j.fault->occurrence > 2; });
  for (int i = 0; i < 30; ++i) run.push_back(landed(100 + i, "producer-0", "P.before_send", i + 1));
  CHECK(verdict_of(run, terms()) == "inconclusive: not_exercised");
  CHECK(detail_of(run, terms()) == "no-loss @ committed: C.received: 2 of 3 kills of the consumer landed");
  SUBCASE("which a profile may lower") {
    auto lowered = terms();
    lowered.floors.per_cell = 2;
    CHECK(verdict_of(run, lowered) == "upheld");
    CHECK(weigh(run, lowered, false).lowered_floors == std::vector<std::string>{"3 -> 2 landed faults per window"});
  }
  SUBCASE("a claim about what is stored does not need the consumer's windows") {
    CHECK(verdict_of(run, terms("at-least-once @ stored")) == "upheld");
  }
}

TEST_CASE("the same occurrence three times is not three occurrences") {
  auto run = good_run();
  for (auto& judgement : run)
    if (judgement.fault && judgement.fault->cell == "C.received") judgement.fault->occurrence = 7;
  CHECK(detail_of(run, terms()) == "no-loss @ committed: C.received: 1 of 3 different occurrences");
  SUBCASE("unless the window is passed only once") {
    run.front().hits["consumer-0"]["C.received"] = 1;
    CHECK(verdict_of(run, terms()) == "upheld");
  }
}

TEST_CASE("thirty landed faults and thirty antecedents") {
  auto few_faults = good_run(14);
  for (auto& judgement : few_faults)
    for (auto& finding : judgement.clauses) finding.exercised *= 5;
  CHECK(detail_of(few_faults, terms()) == "no-loss @ committed: 28 of 30 landed faults");

  auto few_antecedents = good_run();
  for (auto& judgement : few_antecedents)
    for (auto& finding : judgement.clauses)
      if (judgement.trial > 20) finding.exercised = 0;
  CHECK(verdict_of(few_antecedents, terms()) == "inconclusive: not_exercised");
}

TEST_CASE("an idle broker that is killed counts for no clause") {
  auto run = good_run(14);
  for (int i = 0; i < 10; ++i) {
    auto idle = landed(100 + i, "broker", "broker:idle", 0);
    idle.clauses = clean_findings(5);
    run.push_back(idle);
  }
  CHECK(detail_of(run, terms()) == "no-loss @ committed: 28 of 30 landed faults");
}

TEST_CASE("where nobody marks a window every target is struck while it has work") {
  auto own = terms();
  own.ground.foreign_broker = true;
  own.ground.foreign_agents = {"producer", "consumer"};
  auto unmarked = control();
  unmarked.reached.clear();
  unmarked.hits.clear();
  CHECK(relevant_cells(unmarked, own).empty());
  CHECK(targets_at_random(unmarked, own) == std::set<std::string>{"broker", "consumer", "producer"});
  CHECK(targets_at_random(control(), own).empty());  // faults can be aimed

  const auto run_with = [&](int consumers_in_hand, int consumers_idle) {
    std::vector<Judgement> run{unmarked};
    const auto strike = [&](int times, const std::string& target, const std::string& situation) {
      for (int i = 0; i < times; ++i) run.push_back(landed(static_cast<std::int64_t>(run.size()) + 1, target, situation, 0));
    };
    strike(15, "producer-0", "producer:send-open");
    strike(15, "broker", "broker:stored-not-taken");
    strike(consumers_in_hand, "consumer-0", "consumer:in-hand");
    strike(consumers_idle, "consumer-0", "consumer:idle");
    return run;
  };
  CHECK(verdict_of(run_with(3, 0), own) == "upheld");
  CHECK(detail_of(run_with(2, 9), own) == "no-loss @ committed: 2 of 3 kills of the consumer landed while there was work");
  CHECK(detail_of({unmarked}, own) == "no-loss @ committed: no fault landed");

  const auto weighing = weigh(run_with(3, 4), own, false);
  CHECK(evidence_statement(weighing, own, {}).find("33 landed faults over 3 situations (per-situation minimum 3") != std::string::npos);

  own.kinds = {"kill", "pause"};
  CHECK(detail_of(run_with(3, 0), own) == "no-loss @ committed: no window was passed at which a pause could strike");
  own.kinds = {"kill"};

  own.claim.scope = Scope::stored;
  CHECK(targets_at_random(unmarked, own) == std::set<std::string>{"broker", "producer"});
  own.kinds = {"stop"};
  CHECK(targets_at_random(unmarked, own).empty());
}

TEST_CASE("programs that mark nothing are killed at random beside a broker that marks its windows") {
  auto own = terms();
  own.ground.foreign_agents = {"producer", "consumer"};
  auto start = control();
  start.reached = {{"B.recv", {"broker"}}};
  start.hits = {{"broker", {{"B.recv", 100}}}};
  CHECK(targets_at_random(start, own) == std::set<std::string>{"consumer", "producer"});

  std::vector<Judgement> run{start};
  const auto strike = [&](int times, const std::string& target, const std::string& cell) {
    for (int i = 1; i <= times; ++i)
      run.push_back(landed(static_cast<std::int64_t>(run.size()) + 1, target, cell, cell == "B.recv" ? i : 0));
  };
  strike(30, "broker", "B.recv");
  CHECK(detail_of(run, own) == "no-loss @ committed: 0 of 3 kills of the consumer landed while there was work");
  strike(3, "consumer-0", "consumer:in-hand");
  CHECK(detail_of(run, own) == "no-loss @ committed: 0 of 3 kills of the producer landed while there was work");
  strike(3, "producer-0", "producer:send-open");
  CHECK(verdict_of(run, own) == "upheld");
}

TEST_CASE("a kind of fault that can strike nowhere is not upheld against") {
  auto broker_only = terms();
  broker_only.kinds = {"kill", "pause"};
  broker_only.targets = {"broker"};
  auto run = good_run();
  run[0].reached["B.recv"].insert("broker");
  run[0].hits["broker"]["B.recv"] = 100;
  for (int i = 1; i <= 30; ++i) run.push_back(landed(1000 + i, "broker", "B.recv", i));
  CHECK(detail_of(run, broker_only) == "no-loss @ committed: no window was passed at which a pause could strike");
  broker_only.kinds = {"kill"};
  CHECK(verdict_of(run, broker_only) == "upheld");
}

TEST_CASE("a group that delivered almost nothing upholds no at-most-once") {
  auto run = good_run();
  run.front().accounts.deliveries = 49;
  CHECK(verdict_of(run, terms("at-most-once @ committed")) == "inconclusive: not_exercised");
  run.front().accounts.deliveries = 50;
  CHECK(verdict_of(run, terms("at-most-once @ committed")) == "upheld");
}

TEST_CASE("what keeps a run from a verdict is named, the gravest first") {
  auto run = good_run();
  for (auto& finding : run[3].clauses) finding.unresolved = {"m1: not seen"};
  CHECK(verdict_of(run, terms()) == "inconclusive: unresolved");
  run[4].gaps = {"producer-0#1: damaged"};
  CHECK(verdict_of(run, terms()) == "inconclusive: recorder_gap");
  CHECK(verdict_of(run, terms(), true) == "inconclusive: interrupted");
}

TEST_CASE("trials that did not land or met an environment fault are run again, up to one in twenty") {
  auto run = good_run(20);
  const auto add_missed = [&] {
    auto missed = landed(static_cast<std::int64_t>(run.size()) + 1, "producer-0", "P.before_send", 5);
    missed.fault->landed = false;
    missed.fault->why_not = "its trigger was not reached";
    CHECK(must_repeat(missed));
    run.push_back(missed);
  };
  add_missed();
  add_missed();
  CHECK(verdict_of(run, terms()) == "upheld");
  add_missed();
  CHECK(verdict_of(run, terms()) == "inconclusive: environment");
}

TEST_CASE("an anomaly beside an environment fault is listed and decides nothing") {
  auto run = good_run();
  plant(run[5], no_loss);
  run[5].environment = {"disk full"};
  CHECK(must_repeat(run[5]));
  const auto weighing = weigh(run, terms(), false);
  CHECK(weighing.verdict == Verdict::inconclusive);
  CHECK(weighing.reason == Reason::environment);
  CHECK(weighing.notes.size() == 1);
}

TEST_CASE("an unresolved trial is not run again") {
  auto judgement = landed(2, "producer-0", "P.before_send", 1);
  for (auto& finding : judgement.clauses) finding.unresolved = {"m1"};
  CHECK_FALSE(must_repeat(judgement));
}

TEST_CASE("no-aborted is not applicable where no send can fail") {
  const auto weighing = weigh(good_run(), terms("exactly-once @ committed"), false);
  CHECK(weighing.verdict == Verdict::upheld);
  for (const auto& clause : weighing.clauses)
    if (clause.clause.clause == Clause::no_aborted) CHECK(clause.reason == Reason::not_applicable);
  auto applicable = terms("exactly-once @ committed");
  applicable.not_applicable.clear();
  CHECK(verdict_of(good_run(), applicable) == "inconclusive: not_exercised");
}

TEST_CASE("redel-honest needs a repeated delivery across a restart of the broker") {
  auto run = good_run();
  for (auto& judgement : run)
    judgement.clauses.push_back({.clause = {Clause::redel_honest, Scope::delivered}, .exercised = 2, .exercised_calm = 2});
  const auto claim = terms("at-least-once @ committed + redel-honest");
  CHECK(detail_of(run, claim) == "redel-honest: no repeated delivery spanned a restart of the broker");
  run[7].clauses.back().across_restart = true;
  CHECK(verdict_of(run, claim) == "upheld");
}

TEST_CASE("faults that a profile does not want are named beside the verdict") {
  auto narrow = terms();
  narrow.targets = {"consumer"};
  const auto weighing = weigh(good_run(30), narrow, false);
  CHECK(weighing.verdict == Verdict::upheld);
  CHECK(weighing.lowered_floors == std::vector<std::string>{"no faults of the producer", "no faults of the broker"});
}

TEST_CASE("a foreign broker is a target at every window of the agents") {
  auto foreign = terms();
  foreign.ground.foreign_broker = true;
  std::string cells;
  for (const auto& cell : relevant_cells(control(), foreign)) cells += cell.window + " " + cell.target + "; ";
  CHECK(cells == "P.before_send producer; P.before_send broker; C.received consumer; C.received broker; ");
}

TEST_CASE("each kind of fault has its own windows and targets") {
  auto start = control();
  start.reached["B.recv"].insert("broker");
  const auto cells_of = [&](const std::string& kind, bool foreign_broker) {
    auto t = terms();
    t.kinds = {kind};
    t.ground.foreign_broker = foreign_broker;
    std::string cells;
    for (const auto& cell : relevant_cells(foreign_broker ? control() : start, t)) cells += cell.window + " " + cell.target + "; ";
    return cells;
  };
  CHECK(cells_of("kill", false) == "P.before_send producer; B.recv broker; C.received consumer; ");
  CHECK(cells_of("stop", false) == "P.before_send producer; B.recv broker; C.received consumer; ");
  CHECK(cells_of("pause", false) == "P.before_send producer; C.received consumer; ");
  CHECK(cells_of("stall", false) == "B.recv broker; ");
  CHECK(cells_of("stop", true) == "P.before_send producer; P.before_send broker; C.received consumer; C.received broker; ");
  CHECK(cells_of("pause", true) == "P.before_send producer; C.received consumer; ");
  CHECK(cells_of("stall", true) == "P.before_send broker; C.received broker; ");
}

TEST_CASE("pauses have floors of their own, at different occurrences as well") {
  auto both = terms();
  both.kinds = {"kill", "pause"};
  auto run = good_run();
  CHECK(detail_of(run, both) == "no-loss @ committed: P.before_send: 0 of 3 pauses of the producer landed");
  for (int i = 1; i <= 3; ++i)
    for (const auto& [window, process] : universe) {
      run.push_back(landed(100 + i, process, window, i));
      run.back().fault->kind = "pause";
    }
  CHECK(verdict_of(run, both) == "upheld");
  for (auto& judgement : run)
    if (judgement.fault && judgement.fault->kind == "pause") judgement.fault->occurrence = 7;
  CHECK(detail_of(run, both) == "no-loss @ committed: P.before_send: 1 of 3 different occurrences");
}

TEST_CASE("a witness is shown for each cell in which the claim broke") {
  auto run = good_run();
  plant(run[1], no_dup);
  plant(run[2], no_dup);
  plant(run[3], no_dup);
  const auto weighing = weigh(run, terms("exactly-once @ committed"), false);
  std::string shown;
  for (const auto& found : weighing.found) shown += found.cell + " " + std::to_string(found.trial) + "; ";
  CHECK(shown == "P.before_send 2; C.received 3; ");  // two of fifteen before one of fifteen
  CHECK(weighing.cells[0].violating == 2);
  CHECK(weighing.cells[0].anomalies == std::set<std::string>{"duplicated"});
}

TEST_CASE("the finding that shows again most surely comes first") {
  auto run = good_run(3);
  plant(run[1], no_dup);                                  // one of three at P.before_send
  for (const auto i : {2u, 4u, 6u}) plant(run[i], no_dup);  // three of three at C.received
  auto random = landed(50, "consumer-0", "C.acked", 9);
  random.fault->name = "kill:consumer-0@random#1";
  plant(random, no_dup);  // one of one, at a random instant
  run.push_back(random);
  std::string shown;
  for (const auto& found : weigh(run, terms("exactly-once @ committed"), false).found) shown += found.fault + "; ";
  CHECK(shown == "kill:consumer-0@consumer-0:C.received#1; kill:producer-0@producer-0:P.before_send#1; kill:consumer-0@random#1; ");
}

TEST_CASE("redel-exact needs a delivery behind a restart of the broker, too") {
  auto run = good_run();
  for (auto& judgement : run)
    judgement.clauses.push_back({.clause = {Clause::redel_exact, Scope::delivered}, .exercised = 2, .exercised_calm = 2});
  const auto claim = terms("at-least-once @ committed + redel-exact");
  CHECK(verdict_of(run, claim) == "inconclusive: not_exercised");
  run[7].clauses.back().across_restart = true;
  CHECK(verdict_of(run, claim) == "upheld");
}

TEST_CASE("dedup with a window needs something sent again behind it, and measures the window over all trials") {
  auto run = good_run();
  for (auto& judgement : run)
    judgement.clauses.push_back({.clause = {Clause::dedup, Scope::delivered}, .exercised = 2, .exercised_calm = 2});
  auto claim = terms("at-least-once @ committed + dedup");
  CHECK(verdict_of(run, claim) == "upheld");  // no window: ids are never forgotten
  claim.ground.rules.limits.dedup_window_ms = 1000;
  CHECK(detail_of(run, claim) == "dedup: nothing was sent again after its id may have been forgotten");
  run[7].clauses.back().beyond_window = true;
  CHECK(verdict_of(run, claim) == "upheld");

  run[5].clauses.back().accepted_again_ms = 1300, run[5].clauses.back().dropped_ms = 400;
  run[6].clauses.back().accepted_again_ms = 1200, run[6].clauses.back().dropped_ms = 600;
  const auto window = weigh(run, claim, false).dedup_window;
  CHECK(window.accepted_again_ms == 1200);
  CHECK(window.dropped_ms == 600);
}

TEST_CASE("what is missing and excused is told, and changes no verdict") {
  auto run = good_run();
  for (auto& finding : run[3].clauses)
    if (finding.clause == ClauseAt{Clause::no_loss, Scope::committed}) finding.excused = {{Excuse::ttl, 2}, {Excuse::dlq, 1}};
  const auto weighing = weigh(run, terms("at-least-once @ committed"), false);
  CHECK(weighing.verdict == Verdict::upheld);
  CHECK(weighing.notes == std::vector<std::string>{"2 messages are missing and owed to nobody: ttl", "1 message is missing and owed to nobody: dlq"});
}

TEST_CASE("a window tells the anomalies by what was seen, whatever a clause's usual one is") {
  auto run = good_run();
  auto& judgement = run[3];
  REQUIRE(judgement.fault);
  const ClauseAt at{Clause::dlq_conserve, Scope::delivered};
  judgement.clauses.push_back({.clause = at, .witnesses = {{at, Anomaly::duplicated, "m1", "processed, too", "m1 ..."}}});
  const auto weighing = weigh(run, terms("at-least-once @ committed + dlq-conserve"), false);
  std::set<std::string> anomalies;
  for (const auto& cell : weighing.cells) anomalies.insert(cell.anomalies.begin(), cell.anomalies.end());
  CHECK(anomalies == std::set<std::string>{"duplicated"});
}
