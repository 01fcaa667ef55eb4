// The command line as a stranger meets it: help, lists, wrong input, a copy
// installed elsewhere.
#include <doctest/doctest.h>

#include "workbench.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("wrong input is 64 and names what is wrong and the nearest valid name") {
  const Bench bench;
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& part) {
    const auto outcome = bench.assay(arguments);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 64);
    CHECK(contains(outcome.errors, part));
    CHECK(outcome.output.empty());
  };
  refused({}, "--help");
  refused({"runn"}, "runn");
  refused({"run", "embedded/at-last-once"}, "embedded/at-least-once");
  refused({"run", "nowhere.json"}, "nowhere.json");
  refused({"run", bench.write("bad.json", "{\"system\": \"embedded\",\n \"clam\": \"at-least-once\"}")}, "claim");
  refused({"run", bench.write("cut.json", "{\"system\": ")}, "cut.json:1");
  refused({"run", "--claim", "exactly"}, "exactly-once");
  refused({"run", "--set", "workload.mesages=1"}, "messages");
  refused({"run", "--faults", "randm"}, "did you mean random?");
  refused({"run", "--seed", "x"}, "seed");
  refused({"run", "--only", "kill:broker@broker:B.rcv#1"}, "B.recv");
  refused({"run", "--only", "kill:broker@broker:B.recv#0"}, "from 1");
  refused({"run", "--only", "kill:producer-7@producer-7:P.before_send#1"}, "producer-0");
  refused({"list", "window"}, "windows");
  refused({"check", "nowhere"}, "nowhere");
  refused({"explain", "nowhere.json"}, "nowhere.json");
}

TEST_CASE("help and version succeed and teach") {
  const Bench bench;
  const auto help = bench.assay({"--help"});
  CHECK(help.code == 0);
  CHECK(contains(help.output, "Exit codes"));
  CHECK(contains(bench.assay({"run", "--help"}).output, "--only"));
  CHECK(contains(bench.assay({"--version"}).output, "assay 0."));
}

TEST_CASE("lists name what there is") {
  const Bench bench;
  CHECK(contains(bench.assay({"list", "profiles"}).output, "embedded/at-least-once"));
  CHECK(contains(bench.assay({"list", "systems"}).output, "embedded"));
  CHECK(contains(bench.assay({"list", "windows"}).output, "C.effect_before_ack"));
  CHECK(contains(bench.assay({"list", "clauses"}).output, "no-loss"));
  CHECK(contains(bench.assay({"list", "profile-names"}).output, "\nembedded/at-least-once\n"));
}

TEST_CASE("an adapter that cannot run costs its own system only") {
  const Bench bench;
  const fs::path broken = bench.write("assay-broken", "#!/bin/sh\necho 'libfoo.so.1: no such file' >&2\nexit 127\n");
  fs::permissions(broken, fs::perms::owner_exec, fs::perm_options::add);
  const auto systems = bench.assay({"list", "systems"}, {{"ASSAY_SYSTEMS", bench.directory().string()}});
  CAPTURE(systems.errors);
  CHECK(systems.code == 0);
  CHECK(contains(systems.output, "cannot be used here"));
  CHECK(contains(systems.output, "libfoo.so.1: no such file"));
  CHECK(contains(systems.output, "embedded"));
}

TEST_CASE("explain shows a message's timeline and what a verdict rests on") {
  const Bench bench;
  Json report;
  REQUIRE(bench.run({profile("embedded/at-least-once"), "--claim", "exactly-once", "--stop-on-violation"}, report).code == 1);
  const auto message = report["witnesses"][0]["message"].get<std::string>();
  const auto timeline = bench.assay({"explain", "r.json", message});
  CAPTURE(timeline.output);
  CHECK(timeline.code == 0);
  CHECK(contains(timeline.output, ".hist:"));
  CHECK(contains(bench.assay({"explain", "r.json"}).output, "no-dup @ committed"));
  CHECK(bench.assay({"explain", "r.json", "999/producer-0/1"}).code == 64);
  CHECK(contains(bench.assay({"explain", "r.json", "no-dup"}).output, "  broken at   "));
  CHECK(contains(bench.assay({"explain", "r.json", "P.before_send"}).output, "  strike it   assay run "));
  const auto unknown = bench.assay({"explain", "r.json", "no-dupe"});
  CHECK(unknown.code == 64);
  CHECK(contains(unknown.errors, "did you mean no-dup?"));
}

TEST_CASE("explain tells what a profile will run, by name and by file, and starts nothing") {
  const Bench bench;
  const auto named = bench.assay({"explain", "embedded/at-least-once"});
  CHECK(named.code == 0);
  CHECK(contains(named.output, "  trials      a control trial without a fault, then about 90; "));
  CHECK(contains(bench.assay({"explain", profile("embedded/at-least-once")}).output, "at-least-once @ committed"));
  const auto unknown = bench.assay({"explain", "embedded/at-last-once"});
  CHECK(unknown.code == 64);
  CHECK(contains(unknown.errors, "did you mean \"embedded/at-least-once\"?"));
  CHECK(bench.assay({"explain", "embedded/at-least-once", "no-dup"}).code == 64);
}

TEST_CASE("an installed copy runs from anywhere") {
  const Bench bench;
  const auto prefix = bench.directory() / "prefix";
  const Command install{.argv = {"cmake", "--install", fs::path(ASSAY_BIN_DIR).parent_path().string(), "--prefix", prefix.string()}};
  const auto installed = run_to_end(install, Deadline::in(std::chrono::minutes(1)));
  CAPTURE(installed.errors);
  REQUIRE(installed.end.value == 0);
  const Command run{.argv = {(prefix / "bin/assay").string(), "run", "embedded/at-least-once", "--quiet"}, .directory = "/"};
  const auto ran = run_to_end(run, Deadline::in(std::chrono::minutes(2)));
  CAPTURE(ran.errors);
  CHECK(ran.end.value == 0);
  CHECK(contains(ran.output, "upheld"));
}

TEST_CASE("a report on stdout is JSON and nothing else") {
  const Bench bench;
  const auto outcome = bench.assay({"run", profile("embedded/at-least-once"), "--faults", "none", "--report", "-"});
  CHECK(outcome.code == 2);
  CHECK(Json::parse(outcome.output)["schema"] == "assay-report/1");
  CHECK(outcome.errors.empty());
}
