// The reports of a folder: which there are, and the page of them.
#include <doctest/doctest.h>

#include "cli/html/index-page.hpp"
#include "cli/report-folder.hpp"
#include "sample-run.hpp"
#include "tests/files.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

void store(const fs::path& file, const Json& report) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << report.dump(2) << "\n";
}

Json started(SampleRun run, const std::string& when) {
  run.facts.started = when;
  return run.report();
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a folder has a row a profile, with its latest result and those before") {
  const TemporaryDirectory folder;
  store(folder / "b/new.json", started(violated_run(), "2026-11-21T10:00:00Z"));
  store(folder / "a/old.json", started(upheld_run(), "2026-11-20T10:00:00Z"));
  store(folder / "a/old.d/report.json", started(upheld_run(), "2026-11-20T10:00:00Z"));  // the same once more
  store(folder / "a/plan.json", Json{{"schema", "something else"}});
  std::ofstream(folder / "b/new.html") << "page";
  std::ofstream(folder / "cut.json") << R"({"schema": "assay-report/1", "tool")";

  const Json index = index_of(folder.path());
  REQUIRE(index["profiles"].size() == 1);
  const Json& entry = index["profiles"][0];
  CHECK(entry["verdict"] == "violated");
  CHECK(entry["file"] == "b/new.json");
  CHECK(entry["page"] == "b/new.html");
  CHECK(entry["count"] == 2);
  REQUIRE(entry["runs"].size() == 2);
  CHECK(entry["runs"][0]["verdict"] == "upheld");
  CHECK(entry["runs"][0]["file"] == "a/old.json");
  CHECK(index["unreadable"] == Json{"cut.json"});

  const std::string text = index_text(index, {.colour = false, .utf8 = true, .columns = 120});
  CHECK(holds(text, "violated: duplicated  embedded/acknowledge-after-process"));
  CHECK(holds(text, "unreadable  cut.json"));
  const std::string page = index_page(index, "../reports/");
  CHECK(holds(page, "<h1>1 violated</h1>"));
  CHECK(holds(page, "href=\"./../reports/b/new.html\""));
  CHECK(holds(page, "1 upheld, 1 violated"));
  CHECK(holds(page, "cut.json"));
}

TEST_CASE("claims of one profile are rows of their own, and several reports in a file count each") {
  const TemporaryDirectory folder;
  auto other = upheld_run();
  other.plan.terms.claim.guarantee = Guarantee::at_least_once;
  store(folder / "all.json", {{"schema", "assay-reports/1"}, {"reports", {started(violated_run(), "1"), started(other, "2")}}, {"missing", Json::array()}});
  CHECK(index_of(folder.path())["profiles"].size() == 2);
}

TEST_CASE("foreign names stay in their cell and are no link") {
  const TemporaryDirectory folder;
  store(folder / "x\"><script>.json", hostile(violated_run()).report());
  std::ofstream(folder / "x\"><script>.html") << "page";
  const std::string page = index_page(index_of(folder.path()), "");
  CHECK_FALSE(holds(page, "<script>.html"));
  CHECK_FALSE(holds(page, "href=\"./x"));
  CHECK(page.find("<script>") == page.rfind("<script>"));
}

TEST_CASE("a run directory is no folder of reports, and one may be without any") {
  const TemporaryDirectory folder;
  CHECK(is_folder_of_reports(folder.path()));
  CHECK(index_of(folder.path())["profiles"].empty());
  store(folder / "report.json", upheld_run().report());
  CHECK_FALSE(is_folder_of_reports(folder.path()));
  CHECK_FALSE(is_folder_of_reports(folder / "report.json"));
}
