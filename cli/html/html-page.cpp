#include "cli/html/html-page.hpp"

#include "cli/html/frame.hpp"
#include "cli/html/sections.hpp"
#include "cli/report-text.hpp"
#include "cli/summary-parts.hpp"
#include "cli/text.hpp"

namespace assay {
namespace html {
namespace {

constexpr std::size_t page_bytes = 1'000'000;

// Less and less, in the order in which it is missed least.
struct Cutback {
  Detail detail;
  std::size_t sections;  // of several reports
  const char* left_out;
};
const std::vector<Cutback>& cutbacks() {
  static const std::vector<Cutback> all{
      {{}, 1000, ""},
      {{.passing = 1}, 1000, "passing runs beyond the first"},
      {{.witnesses = 1, .passing = 1, .lines = 20},
       1000,
       "witnesses beyond the first with their passing runs, and long lists"},
      {{.witnesses = 1, .passing = 1, .lines = 5, .columns = 60, .ticks = false},
       30,
       "witnesses beyond the first, faults in the chart, long lists and long texts"},
      {{.witnesses = 0, .passing = 0, .lines = 0, .columns = 30, .ticks = false, .pictures = false},
       5,
       "witnesses, charts, lists, long texts and the lines of windows"},
  };
  return all;
}

struct Piece {
  const char* id;
  const char* name;
  Markup (*make)(const Part&);
};
constexpr Piece pieces[]{{"verdict", "result", verdict_section},  {"witness", "witness", witness_section},
                         {"windows", "windows", windows_section}, {"clauses", "clauses", clauses_section},
                         {"checked", "inputs", checked_section},  {"run", "run", run_section},
                         {"ledger", "ledger", ledger_section},    {"setup", "setup", setup_section}};

std::string foot_of(const Json& report, const std::string& digest, const Cutback& cutback) {
  const std::string left_out = cutback.left_out;
  return text_in(report, "schema") + " \xC2\xB7 sha256 of the report " + digest +
         (left_out.empty() ? ""
                           : " \xC2\xB7 left out to keep this page below 1 MB: " + left_out +
                                 "; the report and the histories have them");
}

std::string title_of_report(const Json& report) {
  const std::string claim = text_in(field(report, "claim"), "text"), system = text_in(field(report, "system"), "name");
  return text_in(report, "verdict") + (claim.empty() ? "" : ": " + claim) + (system.empty() ? "" : " on " + system) +
         " \xC2\xB7 assay";
}

std::string page_of_one(const Json& report, const std::string& digest, const Cutback& cutback) {
  const Part part{.report = report, .prefix = "", .depth = 0, .detail = cutback.detail};
  Links links;
  Markup sections;
  for (const auto& piece : pieces) {
    const Markup made = piece.make(part);
    if (!made.empty()) links.push_back({piece.id, piece.name});
    sections += made;
  }
  const Json& environment = field(report, "environment");
  const double seconds = decimal_in(environment, "seconds");
  const std::string when =
      text_in(environment, "started") + (seconds > 0 ? " \xC2\xB7 " + fixed(seconds, 1) + " s" : "");
  return page_of(title_of_report(report), when, links, sections, foot_of(report, digest, cutback));
}

bool came_otherwise(const Json& report) {
  if (field(report, "as_expected").is_boolean()) return !flag_in(report, "as_expected");
  return text_in(report, "verdict") != "upheld";
}

Markup overview(const Json& reports, const Json& missing, const Detail& detail) {
  Markup rows;
  for (const auto& one : missing)
    rows += element("tr", {},
                    element("td", {}, element("b", {}, "no result")) +
                        element("th", {{"scope", "row"}}, text(text_in(one, "profile"), detail.columns)) +
                        element("td", {}, "") + element("td", {}, text(text_in(one, "why"), detail.columns)));
  std::size_t n = 0;
  for (const auto& one : reports) {
    const std::string verdict = text_in(one, "verdict"), name = text_in(field(one, "profile"), "name");
    const Markup shown_name = text(name, std::min(detail.columns, 120));
    const bool linked = ++n <= 1000;
    const std::string what = verdict == "violated"       ? anomaly_counts(one, true)
                             : verdict == "inconclusive" ? lacks(one).front().why
                                                         : "";
    const std::string expected = !field(one, "as_expected").is_boolean() ? ""
                                 : flag_in(one, "as_expected")           ? "as expected"
                                                                         : "not as expected";
    rows += element(
        "tr", {},
        element("td", {}, verdict_word(verdict) + text(" ") + element("small", {}, expected)) +
            element("th", {{"scope", "row"}},
                    linked ? element("a", {{"href", "#p" + std::to_string(n) + "-verdict"}}, shown_name) : shown_name) +
            element("td", {}, text(text_in(field(one, "claim"), "text"), detail.columns)) +
            element("td", {}, text(what, std::min(detail.columns, 120))));
  }
  return table("overview", "profiles", {"verdict", "profile", "claim", "what"}, rows);
}

std::string page_of_several(const Json& bundle, const std::string& digest, const Cutback& cutback) {
  const Json &reports = list_in(bundle, "reports"), &missing = list_in(bundle, "missing");
  std::string counts = verdict_counts(reports);
  if (!missing.empty())
    counts += (counts.empty() ? "" : ", ") + grouped(static_cast<std::int64_t>(missing.size())) + " without a result";
  if (counts.empty()) counts = "no profile was run";
  Markup sections =
      element("section", {{"id", "overview"}}, element("h1", {}, counts) + overview(reports, missing, cutback.detail));
  std::size_t n = 0, made = 0;
  for (const auto& report : reports) {
    const Part part{.report = report, .prefix = "p" + std::to_string(++n) + "-", .depth = 1, .detail = cutback.detail};
    const bool wanted = cutback.sections >= reports.size() || (came_otherwise(report) && made < cutback.sections);
    if (!wanted || sections.bytes().size() > page_bytes) continue;  // then it is made again, with less
    ++made;
    for (const auto& piece : pieces) sections += piece.make(part);
  }
  return page_of(counts + " \xC2\xB7 assay", "", {{"overview", "overview"}}, sections,
                 foot_of(bundle, digest, cutback));
}

}  // namespace
}  // namespace html

std::string html_page(const Json& report) {
  const bool several = text_in(report, "schema") == "assay-reports/1";
  const std::string digest = digest_of(report);
  std::string page;
  for (const auto& cutback : html::cutbacks()) {
    page = several ? html::page_of_several(report, digest, cutback) : html::page_of_one(report, digest, cutback);
    if (page.size() <= html::page_bytes) break;
  }
  return page;
}

}  // namespace assay
