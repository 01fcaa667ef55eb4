#include "cli/command-line.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/judged-run.hpp"
#include "cli/plan.hpp"

namespace assay {
namespace {

constexpr const char* about =
    "Finds out whether a message system keeps the delivery guarantee it claims: starts real producer, broker\n"
    "and consumer processes, kills them at chosen and random instants, and holds the recorded histories\n"
    "against the claim.";

constexpr const char* examples =
    "Examples\n"
    "  assay run                                      the embedded suite\n"
    "  assay run profiles/embedded/at-least-once.json --report r.json\n"
    "  assay run embedded/at-least-once --claim exactly-once\n"
    "  assay run embedded/at-least-once --until 'p<0.05'\n"
    "  assay run embedded/at-least-once --only 'kill:consumer-0@consumer-0:C.effect_before_ack#1'\n"
    "  assay run my.json --only 'hold:producer-0@producer-0:P.before_send#3'   one answer comes late\n"
    "  assay sweep embedded/at-least-once             what a kill or a pause does at every crash point\n"
    "  assay check r.d                                judge the stored run again\n"
    "  assay check --sent s.txt --received r.txt --complete --claim exactly-once\n"
    "  assay explain r.json 12/producer-0/17          the timeline of a message; also: a clause, a window\n"
    "  assay explain embedded/at-least-once           what a profile will run\n"
    "  assay init embedded first.json                 a starter profile, to run and to change\n"
    "\n"
    "Exit codes: 0 upheld, 1 violated, 2 inconclusive, 64 usage or invalid profile, 65 damaged history,\n"
    "  69 system under test could not be started, 70 failure of assay. Of several profiles the gravest counts.";

const std::map<std::string, FaultMode> fault_modes{
    {"all", FaultMode::all}, {"directed", FaultMode::directed}, {"random", FaultMode::random}, {"none", FaultMode::none}};
const std::map<std::string, ProgressStyle> progress_styles{
    {"auto", ProgressStyle::automatic}, {"plain", ProgressStyle::plain}, {"none", ProgressStyle::none}};
const std::map<std::string, HistoryForm> history_forms{
    {"jsonl", HistoryForm::lines}, {"lists", HistoryForm::lists}, {"history", HistoryForm::packed}};
const std::map<std::string, Colour> colours{
    {"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}};

// An option whose value is one of these words.
template <typename Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, const std::map<std::string, Value>& choices, Value& value,
                        const std::string& description) {
  std::vector<std::string> words;
  for (const auto& [word, meaning] : choices) words.push_back(word);
  std::string one_of;
  for (const auto& word : words) one_of += (one_of.empty() ? "" : "|") + word;
  return app
      .add_option_function<std::string>(
          name,
          [&choices, &value, words, name](const std::string& word) {
            const auto found = choices.find(word);
            if (found == choices.end()) {
              std::string all, near = nearest(word, words);
              for (const auto& one : words) all += (all.empty() ? "" : ", ") + one;
              throw UsageError(name + " \"" + word + "\": expected one of " + all +
                               (near.empty() ? "" : "; did you mean " + near + "?"));
            }
            value = found->second;
          },
          description)
      ->type_name(one_of);
}

void add_colour(CLI::App& app, Colour& colour) {
  add_choice(app, "--color", colours, colour, "colour in the output");
}

void add_all(CLI::App& app, Extent& extent) {
  app.add_flag_function("--all", [&extent](std::int64_t) { extent = Extent::whole; }, "every cause in full and every window, however long that is");
}

void add_outputs(CLI::App& app, Outputs& outputs) {
  app.add_option("--junit", outputs.junit, "the result as a JUnit file: a case for each claimed clause and window; - is stdout")->type_name("FILE");
  app.add_option("--summary", outputs.summary, "the result as Markdown, for a comment or an artifact; - is stdout")->type_name("FILE");
  app.add_option("--html", outputs.html, "the result as one page for a browser, with the witness drawn; - is stdout")->type_name("FILE");
}

// GitHub's page of a job is appended to whether or not there is a file beside it.
void add_ci(CLI::App& app, RunRequest& request) {
  add_outputs(app, request.outputs);
  request.step_summary = true;
  add_choice(app, "--progress", progress_styles, request.progress, "on stderr: auto (a line on a terminal), plain (one every 30 s) or none");
  app.footer("Where GITHUB_STEP_SUMMARY names a file, the Markdown is appended to that, too.");
}

struct CommandLine {
  RunRequest run;
  RunRequest sweep;
  CheckRequest check;
  ConvertRequest convert;
  ExplainRequest explain;
  ReplayRequest replay;
  ShrinkRequest shrink;
  SelftestRequest selftest;
  std::string list;
  InitRequest init{.what = {}, .file = "-"};
  SchemaRequest schema;
  CLI::App app{about, "assay"};
  std::int64_t sweep_messages = 3;
  CLI::App *run_word, *sweep_word, *replay_word, *shrink_word, *check_word, *convert_word, *explain_word, *selftest_word, *list_word, *init_word,
      *schema_word;

  CommandLine() {
    app.footer(examples);
    app.require_subcommand(1);
    app.set_version_flag("--version", version_text());
    add_run();
    add_sweep();
    add_replay();
    add_shrink();
    add_check();
    add_convert();
    add_explain();
    add_selftest();
    add_init();
    add_schema();
    list_word = app.add_subcommand("list", "what there is: profiles, systems, windows or clauses");
    list_word
        ->add_option("what", list, "with -names: the names alone, for scripts")
        ->required()
        ->type_name("profiles|systems|windows|clauses|profile-names|system-names");
  }

  void add_run() {
    run_word = app.add_subcommand("run", "run profiles: files, folders or names; without one: the embedded suite");
    auto& word = *run_word;
    word.add_option("profile", run.profiles, "files, folders or names (assay list profiles)")->type_name("PROFILE");
    word.add_option("--seed", run.seed, "fixes workload, fault schedule and random instants (default 1)")->type_name("N");
    word.add_option("--only", run.only, "one trial beside the control trial, as a report names it")->type_name("TRIAL");
    add_choice(word, "--faults", fault_modes, run.faults, "all, directed (at crash points), random (at instants), or none");
    word.add_option("--set", run.sets, "override a key of the profile: workload.messages=10, system.settings.appendfsync=no")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    word.add_option("--claim", run.claim, "another claim than the profile's: \"exactly-once @ committed + ack-durable\"")
        ->type_name("CLAIM");
    word.add_option_function<std::string>(
            "--until", [this](const std::string& text) { run.until_p = parse_until(text); },
            "go on until every window's upper 95 % bound of a violation is below this, as in 'p<0.05' (59 faults each)")
        ->type_name("p<NUMBER");
    word.add_flag("--as-expected", run.as_expected, "exit 0 if and only if every result is what its profile expects");
    word.add_flag("--stop-on-violation", run.stop_on_violation, "no further trials of a profile once its claim is violated; other profiles are run");
    word.add_option("--report", run.report, "write the report as JSON and keep the run in FILE's .d; - is stdout")->type_name("FILE");
    word.add_option("--out", run.out, "keep the run in this directory (default: a private one, removed after an upheld run)")
        ->type_name("DIR");
    word.add_option("--jobs", run.jobs, "trials at a time, each with a broker of its own (default: one per core, at most 4)")
        ->type_name("N")
        ->check(CLI::Range(1, 64).description(""));
    word.add_option("--timeout", run.timeout_s, "seconds for each profile, then it is inconclusive: interrupted")
        ->type_name("S")
        ->check(CLI::Range(1, 1'000'000).description(""));
    word.add_flag("--quiet", run.quiet, "the verdict line only, how to reproduce a violation, and where a run is kept that nobody gave a place");
    add_all(word, run.extent);
    add_ci(word, run);
    add_colour(word, run.colour);
  }

  void add_sweep() {
    sweep_word = app.add_subcommand("sweep", "every crash point, every occurrence, killed and paused (and stalled, if the profile "
                                             "names that), for few messages");
    auto& word = *sweep_word;
    word.add_option("profile", sweep.profiles, "files, folders or names (assay list profiles)")->required()->type_name("PROFILE");
    word.add_option("--messages", sweep_messages, "how many messages (default 3)")
        ->type_name("N")
        ->check(CLI::Range(1, 1000).description(""));
    word.add_option("--budget", sweep.timeout_s, "seconds for each profile; the table says how far it came")
        ->type_name("S")
        ->check(CLI::Range(1, 1'000'000).description(""));
    word.add_option("--seed", sweep.seed, "fixes the workload (default 1)")->type_name("N");
    word.add_option("--set", sweep.sets, "override a key of the profile")->type_name("KEY=VALUE")->allow_extra_args(false);
    word.add_option("--claim", sweep.claim, "another claim than the profile's")->type_name("CLAIM");
    word.add_option("--report", sweep.report, "write the report as JSON and keep the run in FILE's .d")->type_name("FILE");
    word.add_option("--jobs", sweep.jobs, "trials at a time (default: one per core, at most 4)")
        ->type_name("N")
        ->check(CLI::Range(1, 64).description(""));
    add_ci(word, sweep);
    add_colour(word, sweep.colour);
  }

  // Which finding of which report.
  static void add_witness(CLI::App& word, std::string& report, std::int64_t& witness) {
    word.add_option("report", report, "a report.json or a run directory")->required()->type_name("REPORT");
    word.add_option("--witness", witness, "which one, as the report counts them (default 1)")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000).description(""));
  }

  void add_replay() {
    replay_word = app.add_subcommand("replay", "the trial that a report's witness is from, again: reproduced or not");
    auto& word = *replay_word;
    add_witness(word, replay.report, replay.witness);
    word.add_option("--times", replay.times, "how often (default 1)")->type_name("N")->check(CLI::Range(1, 1'000'000).description(""));
    word.footer("Exit codes: 1 reproduced at least once, 0 not reproduced, 2 its fault did not land.");
  }

  void add_shrink() {
    shrink_word = app.add_subcommand("shrink", "the smallest plan that still violates as a report's witness does");
    auto& word = *shrink_word;
    add_witness(word, shrink.report, shrink.witness);
    word.add_option("--confirm", shrink.confirm, "how often the smallest plan is run at the end (default 20)")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000).description(""));
    word.add_option("--report", shrink.file, "write the new report to FILE (- is stdout), its histories beside it")->type_name("FILE");
    add_outputs(word, shrink.outputs);
    word.footer("A random kill is aimed at a window; then it takes fewer messages, consumers, producers and so on, as long as the\n"
                "same clause breaks with the same origin. Without --report the new run is kept beside the old report, as NAME-shrunk.d.\n"
                "Exit codes: 1 there is a report of a smaller plan, 2 the finding did not come again.");
  }

  // A sweep strikes whatever the profile names, at every occurrence.
  RunRequest& completed_sweep() {
    sweep.sweep = true;
    sweep.sets.insert(sweep.sets.begin(), {"workload.messages=" + std::to_string(sweep_messages), "faults.random=0"});
    return sweep;
  }

  void add_check() {
    check_word = app.add_subcommand("check", "judge a history: a stored run again, anybody's JSON lines, or two lists of ids");
    auto& word = *check_word;
    word.add_option("history", check.histories, "run directories, or files of JSON lines that are one history; gzip too; - is stdin")
        ->type_name("HISTORY");
    const auto add_list = [&](const std::string& name, std::vector<std::string>& files, const std::string& description) {
      word.add_option(name, files, description)->type_name("FILE")->allow_extra_args(false);
    };
    add_list("--sent", check.sent, "a list of the ids that were sent and acknowledged");
    add_list("--received", check.received, "a list of the ids that a consumer was given; again for each consumer");
    add_list("--attempted", check.attempted, "a list of the ids whose sends had no answer");
    word.add_option("--column", check.column, "the lists are CSV with a header row, and this column has the ids")->type_name("NAME");
    word.add_flag("--complete", check.complete, "you vouch that the reader had all there was: what is missing is lost");
    word.add_option("--claim", check.claim, "what somebody else's history is held against: at-least-once, \"exactly-once @ committed\"")
        ->type_name("CLAIM");
    word.add_option("--report", check.report, "write the report as JSON; - is stdout")->type_name("FILE");
    word.add_option("--judgement", check.judgement, "write the judgement as JSON; - is stdout")->type_name("FILE");
    word.add_flag("--quiet", check.quiet, "the verdict line only");
    add_all(word, check.extent);
    add_outputs(word, check.outputs);
    add_colour(word, check.colour);
    word.footer("Examples\n"
                "  assay check r.d                                a stored run, again\n"
                "  assay check producer.jsonl consumer.jsonl.gz --claim at-least-once --complete\n"
                "  assay check --sent sent.txt --received got.txt --attempted timed-out.txt --claim exactly-once --complete\n"
                "\n"
                "A line of JSON needs \"type\" (acked, delivered, attempted, failed, stored, effect) and \"message\".\n"
                "Without --complete nothing is lost for certain; without --claim there is no verdict, and the exit code is 2.\n"
                "docs/check.md says what each further field unlocks.");
  }

  void add_convert() {
    convert_word = app.add_subcommand("convert", "a history in another form: JSON lines, lists of ids, or packed");
    auto& word = *convert_word;
    word.add_option("from", convert.from, "a run directory, or the files of one history; - is stdin")->required()->type_name("FROM");
    add_choice(word, "--to", history_forms, convert.to, "jsonl, lists (NAME.sent, NAME.received, NAME.attempted) or history (packed)")
        ->required();
    word.add_option("--out", convert.out, "the file; of lists what their names begin with (default: stdout)")->type_name("FILE");
    word.add_option("--trial", convert.trial, "which trial, where there are several")->type_name("N");
    word.footer("What a form cannot hold is named on stderr.");
  }

  void add_explain() {
    explain_word = app.add_subcommand("explain", "what a verdict rests on, a clause, a window, a message; or what a profile will run");
    explain_word->add_option("report", explain.subject, "a report.json, a run directory or a folder of reports; or a profile, its file or its name")->required()->type_name("REPORT|PROFILE");
    explain_word->add_option("topic", explain.topic, "of a report: a clause (no-loss), a window (C.effect_before_ack), a message (12/producer-0/17)")
        ->type_name("TOPIC");
    add_all(*explain_word, explain.extent);
    add_outputs(*explain_word, explain.outputs);
    explain_word->footer("Examples\n"
                         "  assay explain r.json                           what the verdict rests on\n"
                         "  assay explain r.json no-dup                    what this clause means, and how it fared\n"
                         "  assay explain r.json C.effect_before_ack       who passes this window, what struck there, how to strike it once\n"
                         "  assay explain r.json 12/producer-0/17          the timeline of a message\n"
                         "  assay explain embedded/at-least-once           what this profile will run; nothing is started\n"
                         "\n"
                         "With --junit, --summary or --html these are made again from the report, the same bytes, and nothing else is printed.");
    add_colour(*explain_word, explain.colour);
  }

  void add_selftest() {
    selftest_word = app.add_subcommand("selftest", "are all planted defects found, and the honest strategies upheld?");
    auto& word = *selftest_word;
    auto* seed = word.add_option("--seed", selftest.seed, "fixes workload and fault schedule (default 1)")->type_name("N");
    auto* jobs = word.add_option("--jobs", selftest.jobs, "trials at a time (default: one per core, at most 4)")
                     ->type_name("N")
                     ->check(CLI::Range(1, 64).description(""));
    word.add_option("--system", selftest.system, "hold the adapter of this system against what it declares instead")
        ->type_name("SYSTEM")
        ->excludes(seed)
        ->excludes(jobs);
    word.add_option("--agent", selftest.agent, "hold your own producer or consumer, a program and its arguments, against the agent "
                                               "protocol instead, on the system of --system")
        ->type_name("COMMAND")
        ->excludes(seed)
        ->excludes(jobs);
    word.add_option("--role", selftest.role, "with --agent, what it is: producer or consumer")->type_name("producer|consumer");
    word.add_option("--set", selftest.sets, "with --system, a setting of it: system.settings.appendfsync=no; with --agent any key of a profile")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    add_colour(word, selftest.colour);
    word.footer("Examples:\n"
                "  assay selftest --role consumer --system NAME --agent python3 consumer.py\n"
                "  assay selftest --role consumer --system NAME --agent java -- -jar consumer.jar\n"
                "What stands behind -- is part of COMMAND, also what begins with a dash.\n\n"
                "The score is kept for this very program, and its reports carry it as \"power\".\n"
                "Exit codes: 0 everything as expected, 70 not. With --system or --agent: 0 the subject keeps its word, 1 it does not.");
  }

  void add_init() {
    init_word = app.add_subcommand("init", "a commented starter profile for a system, which runs as it is");
    init_word->add_option("what", init.what, "a system (assay list systems)")->type_name("SYSTEM");
    init_word->add_option("file", init.file, "a new file, never one that is there; - is stdout (default)")->type_name("FILE");
    init_word->footer("Example: assay init embedded first.json && assay run first.json");
  }

  void add_schema() {
    schema_word = app.add_subcommand("schema", "JSON Schema (draft-07) of a profile, a report or a line of a history");
    schema_word->add_option("what", schema.what, "profile, report or history")->type_name("WORD");
    schema_word->add_option("--system", schema.system, "with profile: describe the settings of this system, too")
        ->type_name("NAME");
    schema_word->footer("Example: assay schema profile --system embedded > profile.schema.json\n"
                        "profiles/format.md says how editors are told of it.");
  }

  int dispatch() {
    if (run_word->parsed()) return contained([&](const Containment& containment) { return run_command(run, containment); });
    if (shrink_word->parsed())
      return contained([&](const Containment& containment) { return shrink_command(shrink, containment); });
    if (replay_word->parsed())
      return contained([&](const Containment& containment) { return replay_command(replay, containment); });
    if (sweep_word->parsed())
      return contained([&](const Containment& containment) { return run_command(completed_sweep(), containment); });
    if (selftest_word->parsed())
      return contained([&](const Containment& containment) { return selftest_command(selftest, containment); });
    if (check_word->parsed()) return check_command(check);
    if (convert_word->parsed()) return convert_command(convert);
    if (explain_word->parsed()) return explain_command(explain);
    if (init_word->parsed()) return init_command(init);
    if (schema_word->parsed()) return schema_command(schema);
    return list_command(list);
  }
};

// CLI11 only says that a subcommand is missing.
std::string with_unknown_command(const std::string& what, int argc, char** argv) {
  const std::vector<std::string> commands{"run",     "sweep",    "replay", "shrink", "check", "convert",
                                          "explain", "selftest", "list",   "init",  "schema"};
  if (argc < 2 || argv[1][0] == '-' || std::find(commands.begin(), commands.end(), argv[1]) != commands.end()) return what;
  const auto near = nearest(argv[1], commands);
  return "unknown command \"" + std::string(argv[1]) + "\"" + (near.empty() ? "" : "; did you mean " + near + "?");
}

// How many words are the command line's; those behind -- belong to the command of
// an agent, which CLI11 would read as options of ours.
int words_of_ours(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (argc < 2 || words[1] != "selftest" || std::find(words.begin(), words.end(), "--agent") == words.end()) return argc;
  return static_cast<int>(std::find(words.begin(), words.end(), "--") - words.begin());
}

}  // namespace

std::function<int()> parse_command_line(int argc, char** argv) {
  const auto line = std::make_shared<CommandLine>();
  const int ours = words_of_ours(argc, argv);
  try {
    line->app.parse(ours, argv);
    if (ours + 1 < argc) line->selftest.agent.insert(line->selftest.agent.end(), argv + ours + 1, argv + argc);
  } catch (const CLI::ParseError& error) {
    // CLI11 prints help and version and calls them success.
    if (error.get_exit_code() == 0) return [shown = line->app.exit(error)] { return shown; };
    throw UsageError(with_unknown_command(error.what(), argc, argv) + "; assay --help shows what there is");
  }
  return [line] { return line->dispatch(); };
}

}  // namespace assay
