// tests/histories: each file is a test. Its first line is the claim, with
// ", complete" where somebody vouches that the reader had everything, and the
// verdict that is expected; all behind it is the history.
//
//     exactly-once, complete: violated: lost, duplicated
//     at-least-once: inconclusive: unresolved
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/files.hpp"
#include "told.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

std::string verdict_of(const nlohmann::ordered_json& report) {
  std::string text = report["verdict"];
  if (text == "inconclusive") return text + ": " + report["reason"].get<std::string>();
  std::string anomalies;
  for (const auto& [anomaly, seen] : report["anomalies"].items())
    if (seen["forbidden"] == true) anomalies += (anomalies.empty() ? ": " : ", ") + anomaly;
  return text + anomalies;
}

}  // namespace

TEST_CASE("every history in tests/histories has the verdict on its first line") {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(ASSAY_SOURCE_DIR) / "tests/histories")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  CHECK(files.size() >= 10);
  const Bench bench;
  for (const auto& file : files) {
    CAPTURE(file.filename().string());
    const std::string text = contents(file);
    const std::string first = text.substr(0, text.find('\n')), words = first.substr(0, first.find(": "));
    bench.write("h.jsonl", text.substr(text.find('\n') + 1));
    std::vector<std::string> arguments{"check", "h.jsonl", "--claim", words.substr(0, words.find(',')), "--report", "-"};
    if (words.ends_with(", complete")) arguments.emplace_back("--complete");
    const auto report = nlohmann::ordered_json::parse(bench.assay(arguments).output, nullptr, false);
    REQUIRE(report.is_object());
    CHECK(words + ": " + verdict_of(report) == first);
  }
}
