// tests/reports holds reports as they were written, and what was drawn from each:
// NAME.json, NAME.xml, NAME.md. Dropping three files in adds a test. When a drawing
// is meant to change, `assay explain NAME.json --junit NAME.xml --summary NAME.md`
// makes them anew.
#include <doctest/doctest.h>

#include "cli/junit.hpp"
#include "cli/summary.hpp"
#include "tests/junit/valid-junit.hpp"

using namespace assay;
namespace fs = std::filesystem;

TEST_CASE("what is drawn from a stored report is the same bytes again") {
  int reports = 0;
  for (const auto& entry : fs::directory_iterator(ASSAY_SOURCE_DIR "/tests/reports")) {
    fs::path file = entry.path();
    if (file.extension() != ".json") continue;
    CAPTURE(file);
    ++reports;
    const auto report = nlohmann::ordered_json::parse(contents(file));
    const std::string drawn = junit(report);
    CHECK(drawn == contents(file.replace_extension(".xml")));
    CHECK(faults_in_junit(drawn) == "");
    CHECK(summary(report) == contents(file.replace_extension(".md")));
  }
  CHECK(reports >= 5);
}
