#include "cli/summary.hpp"

#include <algorithm>
#include <filesystem>

#include "cli/diagnostic.hpp"
#include "cli/markdown.hpp"
#include "cli/report-text.hpp"
#include "cli/sequence.hpp"
#include "cli/summary-parts.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

// A comment on GitHub holds 65,536 characters.
constexpr std::size_t summary_bytes = 60'000, room_for_names = 2'000, overview_bytes = 25'000;
constexpr std::size_t timeline_events = 40;
constexpr Look timeline_look{.colour = false, .utf8 = true, .columns = 120};

// A page that is full takes no more parts, and says which.
class Page {
 public:
  void add(const std::string& name, const std::string& part) {
    if (part.empty()) return;
    if (text_.size() + part.size() + room_for_names < summary_bytes) text_ += (text_.empty() ? "" : "\n") + part;
    else left_out_.push_back(name);
  }

  std::string text() const {
    if (left_out_.empty()) return text_;
    std::string names;
    for (const auto& name : left_out_)
      if (names.size() + name.size() < room_for_names / 2) names += (names.empty() ? "" : ", ") + name;
    return text_ + "\nLeft out, for this page is full (" + grouped(static_cast<std::int64_t>(left_out_.size())) + "): " + names + ".\n";
  }

 private:
  std::string text_;
  std::vector<std::string> left_out_;
};

std::string expectation_line(const Json& report) {
  if (!field(report, "as_expected").is_boolean()) return "";
  const bool met = flag_in(report, "as_expected");
  return "The profile expects " + code_span(text_in(report, "expected")) + "; " + (met ? "so it came." : "it came otherwise.") + "\n";
}

std::string head_of(const Json& report) {
  const std::string story = prose(text_in(report, "story")), verdict = text_in(report, "verdict");
  std::string text = "### " + prose(verdict) + ": " + prose(text_in(field(report, "claim"), "text")) + " (" +
                     prose(text_in(field(report, "profile"), "name")) + ")\n\n";
  text += prose(text_in(report, "headline")) + (story.empty() ? "" : " " + story) + "\n\n";
  if (const auto expected = expectation_line(report); !expected.empty()) text += expected + "\n";
  if (verdict == "inconclusive") text += open_questions(report) + "\n";
  return text + facts_table(report);
}

// The report stays where it was written; here is what its file is called.
std::string files_line(const Json& report) {
  const auto file_name = [&](const char* key) { return std::filesystem::path(text_in(report, key)).filename().string(); };
  std::vector<std::string> words;
  if (const auto file = file_name("report"); !file.empty()) words.push_back("Report: " + code_span(file));
  if (const auto folder = file_name("directory"); !folder.empty()) words.push_back("histories: " + code_span(folder));
  return words.empty() ? "" : joined(words) + ".\n";
}

void add_report(Page& page, const Json& report) {
  const Json& witnesses = list_in(report, "witnesses");
  page.add("the verdict", head_of(report));
  if (text_in(report, "verdict") == "violated")
    page.add("how to reproduce it", "Reproduce:\n\n" + fenced("sh", command_line(texts_in(report, "reproduce"))));
  if (!witnesses.empty()) {
    const std::string diagram = sequence_diagram(report, witnesses[0]);
    if (!diagram.empty()) page.add("the diagram", fenced("mermaid", diagram));
    const std::string events = print(witness_timeline(witnesses[0], timeline_events, timeline_look), timeline_look);
    if (!events.empty()) page.add("the timeline", folded("Timeline of the first witness", fenced("text", events)));
  }
  page.add("the windows", windows_table(report));
  page.add("the clauses", folded("Claimed clauses: " + claimed_counts(report), clauses_table(report)));
  page.add("the files", files_line(report));
}

std::string section_of(const Json& report) {
  Page section;
  add_report(section, report);
  return section.text();
}

bool needs_a_section(const Json& report) {
  if (field(report, "as_expected").is_boolean()) return !flag_in(report, "as_expected");
  return text_in(report, "verdict") != "upheld";
}

std::string overview_row(const Json& report) {
  std::string expected;
  if (field(report, "as_expected").is_boolean()) expected = flag_in(report, "as_expected") ? ", as expected" : ", **not as expected**";
  const std::string verdict = text_in(report, "verdict");
  const std::string what = verdict == "violated" ? anomaly_counts(report, true) : verdict == "inconclusive" ? lacks(report).front().why : "";
  return "| " + prose(verdict) + expected + " | " + prose(text_in(field(report, "profile"), "name")) + " | " +
         prose(text_in(field(report, "claim"), "text")) + " | " + prose(what) + " |\n";
}

// When there are too many, those that need no section go first.
std::string overview(const Json& reports, const Json& missing) {
  std::vector<std::pair<bool, std::string>> rows;
  std::size_t bytes = 0;
  for (const auto& one : missing)
    rows.push_back({true, "| **no result** | " + prose(text_in(one, "profile")) + " | | " + prose(text_in(one, "why")) + " |\n"});
  for (const auto& one : reports) rows.push_back({needs_a_section(one), overview_row(one)});

  std::string text = "| verdict | profile | claim | |\n|---|---|---|---|\n";
  std::int64_t folded_rows = 0;
  for (const auto& row : rows) bytes += row.second.size();
  const bool crowded = bytes > overview_bytes;
  for (const auto& [wanted, row] : rows) {
    const bool room = text.size() + row.size() < overview_bytes;
    if (room && (wanted || !crowded)) text += row;
    else ++folded_rows;
  }
  return folded_rows == 0 ? text : text + "| | and " + counted(folded_rows, "more profile") + " | | |\n";
}

std::string suite_summary(const Json& reports, const Json& missing) {
  Page page;
  std::string counts = verdict_counts(reports);
  if (!missing.empty()) counts += (counts.empty() ? "" : ", ") + grouped(static_cast<std::int64_t>(missing.size())) + " without a result";
  page.add("the overview", "### assay: " + (counts.empty() ? "no profile was run" : counts) + "\n\n" + overview(reports, missing));
  for (const auto& report : reports)
    if (needs_a_section(report)) page.add(prose(text_in(field(report, "profile"), "name")), section_of(report));
  return page.text();
}

}  // namespace

std::string summary(const Json& report) {
  if (text_in(report, "schema") == "assay-reports/1") return suite_summary(list_in(report, "reports"), list_in(report, "missing"));
  return section_of(report);
}

}  // namespace assay
