// Pipelines of the user's own, from end to end.
#include <doctest/doctest.h>

#include <filesystem>

#include <sys/stat.h>

#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

// One of our examples with few messages, killed so often at each window. Where
// inside it a kill strikes is chance: of those that break their claim about one
// in three does so, and the first is enough.
Bench::Outcome run_shortly(const Bench& bench, const std::string& name, int per_window, Json& report) {
  return bench.run({profile("own/pipeline-" + name), "--as-expected", "--stop-on-violation", "--faults", "directed", "--set",
                    "workload.messages=25", "--set", "faults.kinds=[\"kill\"]", "--set",
                    "evidence.per_window=" + std::to_string(per_window), "--set", "evidence.faults=5", "--set", "evidence.antecedents=5"},
                   report);
}

Json texts(const Json& list) {
  Json said = Json::array();
  for (const auto& text : list)
    if (text.get<std::string>().find("pipeline") != std::string::npos) said.push_back(text);
  return said;
}

std::string with_command(const Bench& bench, const std::string& command) {
  return bench.write("own.json", R"({"system": "redis", "claim": "exactly-once", "workload": {"messages": 5}, "pipeline": )"
                                 R"({"command": )" + command + "}}");
}

std::string script(const Bench& bench, const std::string& name, const std::string& text) {
  const auto file = bench.write(name, text);
  ::chmod(file.c_str(), 0700);
  return file;
}

}  // namespace

TEST_CASE("a pipeline that acknowledges and appends in one step is upheld, and its content is not judged") {
  const Bench bench;
  Json report;
  const auto outcome = run_shortly(bench, "atomic", 1, report);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 0);
  CHECK(report["verdict"] == "upheld");
  CHECK(report["pipeline"]["message"] == "pointer /order");
  CHECK(report["pipeline"]["instances"] == 2);
  CHECK(texts(report["not_tested"]) == Json{"windows inside the pipeline: it marks none",
                                            "what the pipeline makes of a message: only that it comes out"});
  for (const auto& clause : report["clauses"])
    if (clause["id"] == "no-corruption") CHECK(clause["verdict"] == "not_applicable");
  CHECK(report["anomalies"].value("corrupted", Json()).is_null());
}

TEST_CASE("a pipeline that acknowledges first loses, its log is kept, and the stored run is judged alike") {
  const Bench bench;
  Json report;
  const auto outcome = run_shortly(bench, "commit-first", 6, report);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 0);
  CHECK(report["verdict"] == "violated");
  REQUIRE(!report["witnesses"].empty());
  CHECK(report["witnesses"][0]["origin"] == "never came out of the pipeline");
  const fs::path kept = report["directory"].get<std::string>();
  bool log = false;
  for (const auto& entry : fs::directory_iterator(kept / "logs"))
    log |= entry.path().filename().string().ends_with(".pipeline-0#1.log");
  CHECK(log);
  CHECK(bench.assay({"check", kept.string()}).code == 1);
}

TEST_CASE("a pipeline that appends first puts out twice") {
  const Bench bench;
  Json report;
  const auto outcome = run_shortly(bench, "produce-first", 6, report);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 0);
  CHECK(report["verdict"] == "violated");
  REQUIRE(!report["witnesses"].empty());
  CHECK(report["witnesses"][0]["origin"] == "pipeline");
}

TEST_CASE("a pipeline whose output cannot be recognised is 69, and no phantom") {
  const Bench bench;
  const Json input = R"({"order": "{message}", "text": "", "id": "{message}"})";  // the last of which is not carried on
  const auto outcome = bench.assay({"run", profile("own/pipeline-atomic"), "--set", "pipeline.input=" + input.dump(), "--set",
                                    "pipeline.message.pointer=/id", "--set", "evidence.start_timeout_ms=3000"});
  CAPTURE(outcome.output);
  CHECK(outcome.code == 69);
  CHECK(outcome.errors.find("the pointer /id finds none of our messages in it; correct /pipeline/message") != std::string::npos);
}

TEST_CASE("a pipeline that is not there, cannot be executed or does not stay is 69, with what to do") {
  const Bench bench;
  const auto told = [&](const std::string& command) {
    const auto outcome = bench.assay({"run", with_command(bench, command)});
    CHECK(outcome.code == 69);
    return outcome.errors;
  };
  CHECK(told(R"(["./nowhere.py"])").find("there is no file") != std::string::npos);
  CHECK(told(R"(["no-such-program-at-all"])").find("no program \"no-such-program-at-all\" is in PATH") != std::string::npos);
  bench.write("plain.txt", "x");
  CHECK(told(R"(["./plain.txt"])").find("cannot be executed") != std::string::npos);
  script(bench, "odd.sh", "#!/nowhere/interpreter\n");
  CHECK(told(R"(["./odd.sh"])").find("correct /pipeline/command") != std::string::npos);
  script(bench, "forks.sh", "#!/bin/sh\nsleep 600 &\nexit 0\n");
  CHECK(told(R"(["./forks.sh"])").find("a program that forks away cannot be killed") != std::string::npos);
  script(bench, "fails.sh", "#!/bin/sh\necho 'no such stream' >&2\nexit 3\n");
  const auto failed = told(R"(["./fails.sh"])");
  CHECK(failed.find("exit 3") != std::string::npos);
  CHECK(failed.find("no such stream") != std::string::npos);
}
