#include "tests/cli/sample-run.hpp"

#include <doctest/doctest.h>

#include "checker/evidence.hpp"
#include "cli/text.hpp"
#include "tests/schema/report-check.hpp"

namespace assay {
namespace {

constexpr std::int64_t ms = 1'000'000;

Event at(std::int64_t time_ms, Type type, Phase phase) {
  Event event;
  event.type = type;
  event.phase = phase;
  event.trial = 12;
  event.time = time_ms * ms;
  return event;
}

Event of_17(Event event) {
  event.message = "12/producer-0/17";
  return event;
}

Event deliver(std::int64_t time_ms, const std::string& session, bool redelivered) {
  Event event = of_17(at(time_ms, Type::deliver, Phase::none));
  event.copy = "queue/17";
  event.tag = "17";
  event.session = session;
  event.redelivered = redelivered;
  return event;
}

Event ack(std::int64_t time_ms, Phase phase, const std::string& tag) {
  Event event = at(time_ms, Type::ack, phase);
  event.session = "s2";
  event.tag = tag;
  event.kind = "ack";
  return event;
}

Event fault(std::int64_t time_ms, Phase phase) {
  Event event = at(time_ms, Type::fault, phase);
  event.kind = "kill";
  event.target = "consumer-0";
  event.trigger = "consumer-0:C.effect_before_ack#3";
  return event;
}

Event row(std::int64_t time_ms, const std::string& writer) {
  Event event = of_17(at(time_ms, Type::sink_row, Phase::none));
  event.writer = writer;
  return event;
}

Recording recording(const std::string& process, std::int64_t incarnation, std::vector<Event> events) {
  Recording made{.process = process, .incarnation = incarnation, .trial = 12};
  std::int64_t n = 0;
  for (auto& event : events) {
    event.process = process;
    event.incarnation = incarnation;
    event.n = ++n;
  }
  made.events = std::move(events);
  return made;
}

SampleRun plain_run() {
  SampleRun run;
  Profile& profile = run.plan.profile;
  profile.name = "embedded/acknowledge-after-process";
  profile.about = "consumer acknowledges after processing";
  profile.system = "embedded";
  profile.settings = {{"dedup", "id"}};
  profile.claim = {.guarantee = Guarantee::exactly_once, .scope = Scope::committed, .further = {}};
  profile.file = "profiles/embedded/acknowledge-after-process.json";
  run.plan.run = "r7";
  run.plan.seed = 7;
  run.plan.system = {{"version", "0.1.0"}, {"abilities", {{"shape", "queue"}}}, {"emulated", {"dedup"}}};
  run.plan.terms = {.claim = profile.claim, .kinds = {"kill"}, .targets = {"producer", "consumer", "broker"}, .ground = {}};

  Judgement control;
  for (const auto& window : windows())
    if (window.name != "C.acked") control.reached[std::string(window.name)] = {"consumer-0"};
  Judgement struck{.trial = 12};
  struck.fault = FaultFinding{.name = "kill:consumer-0@consumer-0:C.effect_before_ack#3", .kind = "kill", .landed = true};
  Judgement missed{.trial = 13};
  missed.fault = FaultFinding{.name = "kill:broker@random#4", .kind = "kill", .landed = false, .why_not = "the run was over"};
  run.judgements = {control, struck, missed};

  run.weighing.trials = 3;
  run.weighing.landed = 72;
  run.weighing.not_landed = 1;
  run.weighing.accounts.sent = 61'400;
  run.facts.seconds = 19.34;
  run.facts.tool_version = "0.1.0";
  run.facts.directory = "runs/7";
  run.facts.report = "runs/7/report.json";
  run.facts.profile_argument = "embedded/acknowledge-after-process";
  run.facts.files = {{.name = "plan.json", .bytes = 812, .sha256 = "ab12"}};
  run.facts.repeated = {"13 kill:broker@random#4: did not land (the run was over), repeated as 14"};
  return run;
}

Cell cell(const std::string& window, const std::string& target, std::int64_t landed, std::int64_t violating = 0) {
  Cell made{.window = window, .kind = "kill", .target = target, .planned = landed, .landed = landed, .violating = violating,
            .occurrences = landed, .floor = 3, .decided = landed, .decided_violating = violating};
  if (violating > 0) made.anomalies = {"duplicated"};
  return made;
}

ClauseVerdict clause(Clause which, Verdict verdict, std::int64_t exercised = 300) {
  return {.clause = {which, Scope::committed}, .claimed = true, .verdict = verdict, .exercised = exercised, .floor = 30,
          .landed = 72};
}

}  // namespace

nlohmann::ordered_json SampleRun::report() const {
  auto made = make_report(plan, weighing, judgements, trials, facts);
  CHECK(joined(schema_faults(made), "\n") == "");
  return made;
}

Trial sample_trial() {
  Event sent = of_17(at(10, Type::send, Phase::ok));
  sent.copy = "queue/17";
  Event exit = at(14, Type::process, Phase::exit);
  exit.target = "consumer-0#1";
  exit.status = "signal 9";
  Event start = at(15, Type::process, Phase::start);
  start.target = "consumer-0#2";
  start.status = "ready";
  Event other = of_17(at(5, Type::deliver, Phase::none));
  other.message = "12/producer-0/16";

  Trial trial{.number = 12, .file = "trials/000012.hist"};
  trial.recordings.push_back(recording("harness", 1,
                                       {of_17(at(1, Type::plan_message, Phase::none)), fault(2, Phase::plan),
                                        at(3, Type::process, Phase::start), fault(13, Phase::act), exit, start,
                                        fault(16, Phase::heal), at(90, Type::process, Phase::exit)}));
  trial.recordings.push_back(recording("producer-0", 1, {of_17(at(9, Type::send, Phase::invoke)), sent}));
  trial.recordings.push_back(recording("consumer-0", 1, {other, deliver(11, "s1", false)}));
  trial.recordings.push_back(recording("consumer-0", 2,
                                       {deliver(20, "s2", true), ack(21, Phase::invoke, "16"), ack(22, Phase::invoke, "17"),
                                        ack(23, Phase::confirmed, "17")}));
  trial.recordings.push_back(recording("auditor", 1, {row(40, "consumer-0#1"), row(41, "consumer-0#2")}));
  return trial;
}

// The same message in the trial without a fault, the first of its run.
Trial sample_control() {
  Event sent = of_17(at(10, Type::send, Phase::ok));
  sent.copy = "queue/17";
  Trial trial{.number = 1, .file = "trials/000001.hist"};
  trial.recordings.push_back(recording("harness", 1, {of_17(at(1, Type::plan_message, Phase::none))}));
  trial.recordings.push_back(recording("producer-0", 1, {of_17(at(9, Type::send, Phase::invoke)), sent}));
  trial.recordings.push_back(recording("consumer-0", 1, {deliver(11, "s2", false), ack(12, Phase::invoke, "17"), ack(13, Phase::confirmed, "17")}));
  trial.recordings.push_back(recording("auditor", 1, {row(40, "consumer-0#1")}));
  for (auto& recorded : trial.recordings) {
    recorded.trial = 1;
    for (auto& event : recorded.events) {
      event.trial = 1;
      if (!event.message.empty()) event.message = "1/producer-0/17";
    }
  }
  return trial;
}

SampleRun violated_run() {
  SampleRun run = plain_run();
  run.judgements[0].trial = 1;
  run.judgements[0].anything_arrived = true;
  run.trials = {sample_control(), sample_trial()};
  Weighing& weighing = run.weighing;
  weighing.verdict = Verdict::violated;
  weighing.clauses = {clause(Clause::no_dup, Verdict::violated), clause(Clause::no_loss, Verdict::upheld)};
  weighing.clauses[0].violations = 117;
  weighing.cells = {cell("P.before_send", "producer", 3), cell("C.received", "consumer", 4),
                    cell("C.effect_before_ack", "consumer", 30, 28), cell("B.ack_recv", "broker", 3, 2)};
  weighing.anomalies = {{"duplicated", 117}, {"misflagged", 4}};
  weighing.forbidden = {"duplicated"};
  weighing.strongest = {"at-least-once @ committed", "exactly-once @ stored"};
  const Witness twice{.clause = {Clause::no_dup, Scope::committed},
                      .anomaly = Anomaly::duplicated,
                      .message = "12/producer-0/17",
                      .origin = "redelivery",
                      .what = "12/producer-0/17 took effect twice",
                      .events = {{2, 1}, {0, 3}, {3, 0}, {4, 0}, {4, 1}}};
  weighing.found = {{12, "kill:consumer-0@consumer-0:C.effect_before_ack#3", "C.effect_before_ack", twice}};
  Found other = weighing.found[0];
  other.trial = 30;
  other.cell = "B.ack_recv";
  other.fault = "kill:broker@broker:B.ack_recv#1";
  other.witness.what = "30/producer-0/2 took effect twice";
  weighing.found.push_back(other);
  measure(weighing, run.judgements, run.plan.terms);
  weighing.bounds.faults_until_violation = 7;
  weighing.bounds.duplicates_per_kill = 117.0 / 72;
  return run;
}

SampleRun upheld_run() {
  SampleRun run = plain_run();
  Weighing& weighing = run.weighing;
  weighing.verdict = Verdict::upheld;
  weighing.clauses = {clause(Clause::no_dup, Verdict::upheld), clause(Clause::no_loss, Verdict::upheld, 58'020)};
  weighing.clauses.push_back(clause(Clause::no_aborted, Verdict::upheld, 0));
  weighing.clauses.back().reason = Reason::not_applicable;
  weighing.cells = {cell("P.before_send", "producer", 10), cell("C.received", "consumer", 22),
                    cell("C.effect_before_ack", "consumer", 30), cell("B.ack_recv", "broker", 10)};
  Cell idle = cell("broker:idle", "broker", 5);
  idle.floor = 0;
  weighing.cells.push_back(idle);
  weighing.strongest = {"exactly-once @ committed"};
  measure(weighing, run.judgements, run.plan.terms);
  return run;
}

SampleRun inconclusive_run() {
  SampleRun run = plain_run();
  run.plan.profile.faults.mode = FaultMode::none;
  Weighing& weighing = run.weighing;
  weighing.verdict = Verdict::inconclusive;
  weighing.reason = Reason::not_exercised;
  weighing.detail = "no-loss @ committed: no fault landed";
  for (const Clause which : {Clause::no_loss, Clause::no_dup}) {
    weighing.clauses.push_back(clause(which, Verdict::inconclusive, 0));
    weighing.clauses.back().reason = Reason::not_exercised;
    weighing.clauses.back().detail = "no fault landed";
  }
  weighing.cells = {cell("C.received", "consumer", 0), cell("P.before_send", "producer", 3)};
  weighing.strongest_reason = "no-loss @ committed: no fault landed";
  measure(weighing, run.judgements, run.plan.terms);
  return run;
}

namespace {

// A trial each, one after another, in as many slices as there can be.
void add_faults(SampleRun& run, std::int64_t faults) {
  Pace& pace = run.facts.pace;
  pace.slice_ns = 1'000'000'000;
  for (std::int64_t i = 0; i < most_slices; ++i)
    pace.slices.push_back({.acked = 1'000'000 + i, .effects = 999'999 - i, .redelivered = i, .duplicated = i / 2, .underway = i * 12'345'678'901});
  for (std::int64_t i = 0; i < faults; ++i) {
    const auto from = i * most_slices * pace.slice_ns / faults;
    pace.trials[1'000'000 + i] = {.from = from, .to = from + 90'000'000, .struck = from + 12'345'678, .healed = from + 23'456'789};
    Judgement judgement{.trial = 1'000'000 + i};
    judgement.fault = FaultFinding{.name = "kill:broker@random#" + std::to_string(i), .kind = "kill", .target = "broker",
                                   .trigger = "random#" + std::to_string(i), .landed = true, .why_not = ""};
    run.judgements.push_back(std::move(judgement));
  }
}

}  // namespace

SampleRun grown(SampleRun run) {
  const std::string long_text(300, 'w'), huge_text(10'000, 'w');
  run.plan.profile.about += ", " + huge_text + " and very many words more about this profile, with spaces to break at";
  run.plan.profile.name = huge_text;
  run.facts.directory = "/" + huge_text + "/runs";
  run.facts.report = run.facts.directory / "report.json";
  Weighing& weighing = run.weighing;
  weighing.lowered_floors = {"3 -> 1 landed faults per window", "30 -> 1 landed faults per clause", "no faults of the broker"};
  for (int i = 0; i < 200; ++i) {
    weighing.cells.push_back(cell("C.window_with_quite_a_long_name_" + std::to_string(i), "consumer-" + std::to_string(i), 2, i % 2));
    weighing.notes.push_back(long_text);
    weighing.strongest.push_back("at-least-once @ committed");
    if (!weighing.clauses.empty()) {
      weighing.clauses.push_back(weighing.clauses.front());
      weighing.clauses.back().detail = "detail " + std::to_string(i) + " " + long_text;
    }
    if (!weighing.found.empty()) weighing.found.push_back(weighing.found.front());
  }
  measure(weighing, run.judgements, run.plan.terms);
  for (auto& found : weighing.found) found.witness.what += " " + long_text;
  for (auto& found : weighing.found) found.witness.origin += " " + long_text;
  if (!weighing.found.empty())
    for (int i = 0; i < 200; ++i) weighing.found[0].witness.events.push_back({2, 1});
  add_faults(run, 2000);
  return run;
}

SampleRun hostile(SampleRun run) {
  const std::string attack = "\x1b[2J\x07</script>\"'\n\r\xff\xc3(\xe2\x80\xae evil \xc2\x9b" "31m\xef\xbb\xbf";
  run.plan.profile.about = run.plan.profile.name = run.plan.profile.system = attack;
  run.plan.system["version"] = "1\x1b[0m";
  run.facts.directory = run.facts.report = attack;
  run.facts.profile_argument = attack;
  run.facts.repeated = {attack};
  run.weighing.detail += attack;
  run.weighing.notes = {attack};
  run.weighing.strongest_reason = attack;
  run.weighing.lowered_floors = {attack};
  for (auto& clause : run.weighing.clauses) clause.detail = attack;
  for (auto& one : run.weighing.cells) one.window += attack;
  for (auto& found : run.weighing.found) found.witness.what = found.witness.origin = found.cell = found.fault = attack;
  for (auto& trial : run.trials) {
    trial.file = attack;
    for (auto& recording : trial.recordings)
      for (auto& event : recording.events) event.process = event.copy = event.writer = attack;
  }
  for (auto& judgement : run.judgements) judgement.environment = {attack};
  return run;
}

}  // namespace assay
