// Every cell of the contracts' ground truth against real processes: sweeps of
// the strategies, and the letters of their judged trials. A cell that differs
// is explained in docs/evidence.md by the trial that shows it, never patched.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

// "kill P.before_send" -> "D"
using Column = std::map<std::string, std::string>;

// profile -> what it must show
std::map<std::string, Column> ground_truth() {
  std::ifstream file(ASSAY_SOURCE_DIR "/tests/system/ground-truth.txt");
  std::map<std::string, Column> truth;
  std::vector<std::string> columns;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first, window, letters;
    words >> first;
    if (first.empty() || first == "#" || first == "table") continue;
    if (first == "columns") {
      columns.clear();
      for (std::string name; words >> name;) columns.push_back(name);
      continue;
    }
    words >> window;
    for (const auto& column : columns) {
      const bool there = static_cast<bool>(words >> letters);
      REQUIRE(there);
      if (letters != ".") truth[column][first + " " + window] = letters;
    }
  }
  return truth;
}

// Cells where our processes can do more than the model's, with the letter that
// may then stand beside the model's: docs/evidence.md shows the trials.
std::string without_explained(const std::string& profile, const std::string& cell, const std::string& letters) {
  const bool once = profile.starts_with("producers/send-once");
  if (once && cell == "kill B.replied" && (letters == "-/u" || letters == "u")) return "-";
  if (profile == "planted/answers-before-durable-stored" && cell == "kill B.durable_before_reply" &&
      (letters == "-/D" || letters == "D"))
    return "-";
  return letters;
}

// What a sweep shows in the cells that the truth speaks of.
Column swept(const std::string& name, const Column& truth) {
  const Bench bench;
  Json report;
  const auto outcome = bench.assay({"sweep", profile(name), "--report", "r.json"});
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  std::ifstream file(bench.directory() / "r.json");
  REQUIRE(file.is_open());
  file >> report;
  CHECK(report["sweep"]["complete"] == true);
  Column column;
  for (const auto& cell : report["sweep"]["cells"]) {
    const auto key = cell["kind"].get<std::string>() + " " + cell["window"].get<std::string>();
    if (truth.contains(key)) column[key] = cell["letters"].get<std::string>();
  }
  return column;
}

}  // namespace

TEST_CASE("every strategy shows the letters of its column, killed and paused") {
  const auto truth = ground_truth();
  CHECK(truth.size() == 16);
  for (const auto& [name, column] : truth) {
    CAPTURE(name);
    const auto shown = swept(name, column);
    for (const auto& [cell, letters] : column) {
      CAPTURE(cell);
      const std::string found = shown.contains(cell) ? shown.at(cell) : "not reached";
      CHECK(without_explained(name, cell, found) == letters);
    }
  }
}
