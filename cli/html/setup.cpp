#include <algorithm>
#include <filesystem>

#include "cli/html/sections.hpp"
#include "cli/text.hpp"

namespace assay::html {
namespace {

Markup account(const std::string& count, const std::string& noun, const std::vector<std::string>& more) {
  return element("li", {},
                 element("b", {}, count) + text(" ") + text(noun) + text(" ") + element("span", {}, joined(more)));
}

// Pairs of a name and a value, those without a value left out.
class Pairs {
 public:
  explicit Pairs(const Part& part) : part_(part) {}
  void add(const std::string& name, const std::string& value) {
    if (!value.empty()) add(name, part_.line(value));
  }
  void add(const std::string& name, const Markup& value) {
    rows_ += element("dt", {}, name) + element("dd", {}, value);
  }
  Markup list() const { return element("dl", {{"class", "pairs"}}, rows_); }

 private:
  const Part& part_;
  Markup rows_;
};

// {"dedup":"id"} as "dedup id".
std::string flat(const Json& object) {
  std::vector<std::string> words;
  if (!object.is_object()) return "";
  for (const auto& [name, value] : object.items()) {
    const std::string shown_value =
        value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!value.is_null() && shown_value != "" && shown_value != "[]" && shown_value != "{}")
      words.push_back(name + " " + shown_value);
  }
  return joined(words);
}

std::string numbers_of_trials(const Json& report) {
  const Json &trials = field(report, "trials"), &faults = field(report, "faults");
  std::vector<std::string> words{counted(number_in(trials, "run"), "trial"),
                                 grouped(number_in(faults, "landed")) + " of " +
                                     grouped(number_in(faults, "landed") + number_in(faults, "not_landed")) +
                                     " faults landed"};
  if (number_in(trials, "unresolved_count") > 0)
    words.push_back(grouped(number_in(trials, "unresolved_count")) + " messages unresolved");
  return joined(words);
}

std::string machine_of(const Json& report) {
  const Json& environment = field(report, "environment");
  std::vector<std::string> words;
  for (const char* key : {"os", "kernel", "machine"})
    if (const auto word = text_in(environment, key); !word.empty()) words.push_back(word);
  if (const auto cores = number_in(environment, "cores"); cores > 0) words.push_back(counted(cores, "core"));
  if (const auto jobs = number_in(environment, "jobs"); jobs > 0)
    words.push_back(counted(jobs, "trial") + " at a time");
  return joined(words);
}

std::string power_of(const Json& report) {
  const Json& power = field(report, "power");
  if (!power.is_object()) return "";
  return "this build of assay found " + grouped(number_in(power, "found")) + " of " +
         grouped(number_in(power, "planted")) + " planted defects, and upheld " + grouped(number_in(power, "upheld")) +
         " of " + grouped(number_in(power, "honest")) + " honest strategies (" + text_in(power, "date") + ")";
}

std::string shrinking_of(const Json& report) {
  const Json& shrunk = field(report, "shrink");
  if (!shrunk.is_object()) return "";
  const auto plan = [&](const char* key) {
    return text_in(field(shrunk, key), "fault") + " with " +
           counted(number_in(field(shrunk, key), "messages"), "message");
  };
  return "from " + plan("from") + " to " + plan("to") + "; " + counted(number_in(shrunk, "tried"), "plan") + " tried";
}

std::string file_name_in(const Json& report, const char* key) {
  return std::filesystem::path(text_in(report, key)).filename().string();
}

Markup item(const Part& part, const std::string& line) { return element("li", {}, part.line(line)); }

// What was no evidence, and what was noted: folded, and not all of it.
Markup remarks(const Part& part) {
  const Json &trials = field(part.report, "trials"), &faults = field(part.report, "faults");
  std::vector<std::string> lines;
  for (const auto& one : list_in(faults, "why_not"))
    lines.push_back("not landed: " + text_in(one, "fault") + ": " + text_in(one, "why"));
  for (const auto& one : texts_in(trials, "repeated")) lines.push_back("repeated: " + one);
  for (const auto& one : list_in(trials, "environment"))
    lines.push_back("environment, trial " + std::to_string(number_in(one, "trial")) + ": " + text_in(one, "reason"));
  for (const auto& one : list_in(trials, "gaps"))
    lines.push_back("damaged, trial " + std::to_string(number_in(one, "trial")) + ": " + text_in(one, "gap"));
  for (const auto& one : list_in(trials, "unresolved"))
    lines.push_back("unresolved, trial " + std::to_string(number_in(one, "trial")) + ", " + text_in(one, "clause") +
                    ": " + text_in(one, "message"));
  for (const auto& note : texts_in(part.report, "notes")) lines.push_back("note: " + note);
  if (lines.empty()) return {};
  Markup items;
  for (std::size_t i = 0; i < std::min(lines.size(), part.detail.lines); ++i) items += item(part, lines[i]);
  if (lines.size() > part.detail.lines)
    items +=
        element("li", {},
                "and " + grouped(static_cast<std::int64_t>(lines.size() - part.detail.lines)) + " more, in the report");
  return element(
      "details", {},
      element("summary", {}, "what else was met: " + counted(static_cast<std::int64_t>(lines.size()), "remark")) +
          element("ul", {}, items));
}

Markup digests(const Part& part) {
  const Json& files = list_in(part.report, "files");
  if (files.empty()) return {};
  Markup rows;
  const std::size_t shown_files = std::min(files.size(), part.detail.lines);
  for (std::size_t i = 0; i < shown_files; ++i)
    rows += element("tr", {},
                    element("th", {{"scope", "row"}}, part.line(text_in(files[i], "name"))) +
                        element("td", {{"class", "number"}}, grouped(number_in(files[i], "bytes"))) +
                        element("td", {}, element("code", {}, text_in(files[i], "sha256"))));
  Markup inside =
      element("summary", {}, counted(static_cast<std::int64_t>(files.size()), "file") + " of the run, with digests") +
      table("files", "files of the run", {"file", "bytes", "sha256"}, rows);
  if (shown_files < files.size())
    inside += element("p", {{"class", "aside"}},
                      "and " + grouped(static_cast<std::int64_t>(files.size() - shown_files)) + " more, in the report");
  return element("details", {}, inside);
}

void add_plan(Pairs& pairs, const Json& report) {
  const Json &plan = field(report, "plan"), &system = field(report, "system");
  pairs.add("trials", numbers_of_trials(report));
  pairs.add("system", text_in(system, "name") + " " + text_in(system, "version"));
  pairs.add("settings", flat(field(system, "settings")));
  pairs.add("roles", flat(field(plan, "roles")));
  pairs.add("workload", flat(field(plan, "workload")));
  pairs.add("faults", flat(field(plan, "faults")));
  pairs.add("floors", flat(field(plan, "floors")));
  pairs.add("pipeline", flat(field(report, "pipeline")));
  pairs.add("abilities", flat(field(report, "abilities")));
}

}  // namespace

Markup ledger_section(const Part& part) {
  const Json& sums = field(part.report, "accounts");
  const auto count = [&](const char* key) { return grouped(number_in(sums, key)); };
  if (number_in(sums, "sent") == 0 && number_in(sums, "deliveries") == 0) return {};
  const Markup items =
      account(
          count("sent"), "sent",
          {count("acked") + " acknowledged", count("failed") + " failed", count("unanswered") + " without an answer"}) +
      account(count("stored"), "stored", {"copies that were seen"}) +
      account(count("deliveries"), "deliveries", {count("redeliveries") + " of them again"}) +
      account(count("effects"), "effects", {count("duplicated") + " messages duplicated"}) +
      account(count("lost"), "lost", {count("unresolved") + " unresolved", count("recovered") + " recovered"});
  return element("section", {{"id", part.id("ledger")}},
                 part.heading(2, "Ledger") + element("p", {{"class", "sub"}}, "Sums over the messages of all trials.") +
                     element("ol", {{"class", "ledger"}}, items));
}

Markup setup_section(const Part& part) {
  const Json &report = part.report, &tool = field(report, "tool");
  Pairs pairs(part);
  pairs.add("statement", text_in(report, "statement"));
  pairs.add("shrunk", shrinking_of(report));
  if (!part.of_a_history()) add_plan(pairs, report);
  pairs.add("not tested", joined(texts_in(report, "not_tested")));
  pairs.add("assay", text_in(tool, "version") + " " + text_in(tool, "git"));
  pairs.add("power", power_of(report));
  pairs.add("machine", machine_of(report));
  pairs.add("profile", text_in(field(report, "profile"), "file"));
  pairs.add("report", file_name_in(report, "report"));
  if (const auto folder = file_name_in(report, "directory"); !folder.empty())
    pairs.add("histories", element("code", {}, part.line(folder)) + text("; ") +
                               element("code", {}, part.line("assay check " + shell_quoted(folder))) +
                               text(" judges them again, without the system and to the same bytes"));
  return element("section", {{"id", part.id("setup")}},
                 part.heading(2, "Setup") + pairs.list() + remarks(part) + digests(part));
}

}  // namespace assay::html
