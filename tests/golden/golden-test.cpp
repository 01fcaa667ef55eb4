// Stored reports give the same bytes in every output: those of real runs, and
// older ones, which know nothing of what reports have gained since. When a change
// of the outputs is meant, ASSAY_GOLDEN=store and this program store them anew;
// read the difference before it is committed.
#include <doctest/doctest.h>

#include <cstdlib>

#include "checker/history/files.hpp"
#include "cli/checked-text.hpp"
#include "cli/fields.hpp"
#include "cli/html/html-page.hpp"
#include "cli/html/page-files.hpp"
#include "cli/junit.hpp"
#include "cli/summary.hpp"
#include "cli/terminal.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

const fs::path folder = fs::path(ASSAY_SOURCE_DIR) / "tests/golden";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

// Style and script are files of their own, with tests of their own; so are the
// hashes of them in the policy.
std::string page_of(const Json& report) {
  auto page = html_page(report);
  const auto policy = page.find("style-src "), end = page.find("; base-uri");
  REQUIRE(policy < end);
  page.replace(policy, end - policy, "style-src HASH; script-src HASH");
  REQUIRE(page.find(html::page_css) != std::string::npos);
  REQUIRE(page.find(html::page_js) != std::string::npos);
  replace_all(page, html::page_css, "STYLE");
  replace_all(page, html::page_js, "SCRIPT");
  return page;
}

std::string on_terminal(const Json& report, const Look& look) {
  return text_in(report, "evidence") == "history" ? checked_text(report, look) : result_text(report, look);
}

std::map<std::string, std::string> outputs_of(const Json& report) {
  std::map<std::string, std::string> outputs{{"page.html", page_of(report)}, {"summary.md", summary(report)}, {"junit.xml", junit(report)}};
  if (text_in(report, "schema") == "assay-reports/1") return outputs;
  outputs.merge(std::map<std::string, std::string>{
          {"result.txt", on_terminal(report, {.colour = false, .utf8 = true, .columns = 88})},
          {"result-60-ascii.txt", on_terminal(report, {.colour = false, .utf8 = false, .columns = 60})},
          {"result.ansi", on_terminal(report, {.colour = true, .utf8 = true, .columns = 88})},
          {"explain.txt", explain_verdict(report, {.colour = false, .utf8 = true, .columns = 88})}});
  return outputs;
}

}  // namespace

TEST_CASE("stored reports give the same bytes in every output") {
  const char* asked = std::getenv("ASSAY_GOLDEN");
  int stored = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    ++stored;
    const auto name = entry.path().filename().string();
    CAPTURE(name);
    const auto report = Json::parse(read_whole_file(folder / name / "report.json"));
    for (const auto& [file, made] : outputs_of(report)) {
      CAPTURE(file);
      if (asked && std::string(asked) == "store") write_whole_file(folder / name / file, made);
      CHECK_MESSAGE(read_whole_file(folder / name / file) == made, "tests/golden/", name, "/", file);
    }
  }
  CHECK(stored == 10);
  CHECK_MESSAGE(asked == nullptr, "outputs were stored; run again without ASSAY_GOLDEN");
}
