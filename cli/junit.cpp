#include "cli/junit.hpp"

#include <algorithm>
#include <set>

#include "cli/junit-cases.hpp"
#include "cli/report-text.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "cli/xml.hpp"

namespace assay {
namespace {

using Outcome = JunitCase::Outcome;

// GitLab refuses a file of 30 MB and more. Beyond this, cases have their message only.
constexpr std::size_t bytes_with_bodies = 20'000'000;
constexpr int case_name_columns = 300;
constexpr Look plain_look{.colour = false, .utf8 = true, .columns = 88};

std::string short_name_of(const std::string& text) { return cut(printable(text), case_name_columns, plain_look); }

std::string property(const std::string& name, const std::string& value) {
  return xml_element("property", {{"name", short_name_of(name)}, {"value", value}});
}

std::string observed(const Json& clause) {
  return text_in(clause, "verdict") + ", " + counted(number_in(clause, "violations"), "violation") + "; could have failed " +
         counted(number_in(clause, "exercised"), "time");
}

std::string properties_of(const Json& report) {
  const Json& faults = field(report, "faults");
  const Json& system = field(report, "system");
  std::string text = xml_start("properties", {});
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) text += property(name, value);
  };
  add("verdict", result_name(report));
  add("headline", text_in(report, "headline"));
  add("claim", text_in(field(report, "claim"), "text") + " under " + joined(texts_in(field(report, "claim"), "kinds")));
  add("strongest", held_text(report));
  add("statement", text_in(report, "statement"));
  add("faults", grouped(number_in(faults, "landed")) + " of " + grouped(number_in(faults, "planned")) + " landed");
  add("system", text_in(system, "name") + " " + text_in(system, "version"));
  add("seed", field(report, "plan").contains("seed") ? field(report, "plan")["seed"].dump() : "");
  add("lowered floors", joined(texts_in(report, "lowered_floors")));
  add("not tested", not_tested_text(report));
  add("expected", text_in(report, "expected"));
  if (field(report, "as_expected").is_boolean()) add("as_expected", flag_in(report, "as_expected") ? "true" : "false");
  for (const auto& clause : list_in(report, "clauses")) {
    const std::string name = clause_name(clause);
    if (!flag_in(clause, "claimed")) add("observed " + name, observed(clause));
    else if (text_in(clause, "verdict") == "not_applicable") add("not applicable " + name, "the profile rules it out");
  }
  add("tool", text_in(field(report, "tool"), "version") + " " + text_in(field(report, "tool"), "git"));
  add("reproduce", command_line(texts_in(report, "reproduce")));
  add("source_report_sha256", digest_of(report));
  return text + xml_end("properties");
}

// 2026-11-20T22:31:07Z without its zone.
std::string timestamp_of(const Json& report) {
  const std::string pattern = "dddd-dd-ddTdd:dd:dd", started = text_in(field(report, "environment"), "started");
  const auto fits = [](char want, char c) { return want == 'd' ? c >= '0' && c <= '9' : c == want; };
  const bool known = started.size() >= pattern.size() && std::equal(pattern.begin(), pattern.end(), started.begin(), fits);
  return known ? started.substr(0, pattern.size()) : "1970-01-01T00:00:00";
}

class JunitFile {
 public:
  void add_suite(const Json& report);
  void add_missing(const Json& missing);
  std::string text() && { return std::move(text_) + xml_end("testsuites"); }

 private:
  struct Suite {
    std::string name, timestamp, properties, out;
    double seconds = 0;
  };
  void write(const Suite& suite, const std::vector<JunitCase>& cases);
  std::string case_text(const std::string& suite, const JunitCase& one);

  std::string text_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml_start("testsuites", {});
  std::int64_t suites_ = 0;
  std::set<std::pair<std::string, std::string>> names_;
};

// What ended as expected is no failure; the suite's output tells it all the same.
void JunitFile::add_suite(const Json& report) {
  const auto expectation = expectation_case(report);
  auto cases = junit_cases(report);
  std::string out = result_text(report, plain_look);
  if (expectation && expectation->outcome == Outcome::passed)
    for (auto& one : cases) {
      if (one.outcome == Outcome::passed) continue;
      if (text_.size() + out.size() < bytes_with_bodies) out += "\nas expected: " + one.name + "\n" + one.body;
      one.outcome = Outcome::passed;
    }
  if (expectation) cases.push_back(*expectation);
  write({text_in(field(report, "profile"), "name"), timestamp_of(report), properties_of(report), out,
         std::max(0.0, decimal_in(field(report, "environment"), "seconds"))},
        cases);
}

// A profile that came to no report.
void JunitFile::add_missing(const Json& missing) {
  const std::string why = text_in(missing, "why"), reason = text_in(missing, "reason");
  write({text_in(missing, "profile"), timestamp_of({}), xml_start("properties", {}) + xml_end("properties"), why, 0},
        {{"run", "run", Outcome::open, reason, "no result: " + cut(printable(why), case_name_columns, plain_look), why}});
}

void JunitFile::write(const Suite& suite, const std::vector<JunitCase>& cases) {
  const auto count = [&](Outcome outcome) {
    return std::to_string(std::count_if(cases.begin(), cases.end(), [&](const JunitCase& one) { return one.outcome == outcome; }));
  };
  const std::string name = suite.name.empty() ? "profile" : short_name_of(suite.name);
  text_ += xml_start("testsuite", {{"package", "assay"},
                                   {"id", std::to_string(suites_++)},
                                   {"name", name},
                                   {"timestamp", suite.timestamp},
                                   {"hostname", "localhost"},
                                   {"tests", std::to_string(cases.size())},
                                   {"failures", count(Outcome::violated)},
                                   {"errors", count(Outcome::open)},
                                   {"skipped", "0"},
                                   {"time", fixed(suite.seconds, 3)}});
  text_ += suite.properties;
  for (const auto& one : cases) text_ += case_text(name, one);
  text_ += xml_element("system-out", {}, suite.out) + xml_element("system-err", {}) + xml_end("testsuite");
}

std::string JunitFile::case_text(const std::string& suite, const JunitCase& one) {
  const std::string group = suite + "." + short_name_of(one.part);
  std::string name = short_name_of(one.name);
  for (int n = 2; !names_.insert({group, name}).second; ++n) name = short_name_of(one.name) + " (" + std::to_string(n) + ")";

  const XmlAttributes attributes{{"classname", group}, {"name", name}, {"time", "0"}};
  if (one.outcome == Outcome::passed) return xml_element("testcase", attributes);
  const char* outcome = one.outcome == Outcome::violated ? "failure" : "error";
  const std::string type = one.type.empty() ? outcome : short_name_of(one.type);
  return xml_start("testcase", attributes) +
         xml_element(outcome, {{"type", type}, {"message", one.message}}, text_.size() < bytes_with_bodies ? one.body : "") +
         xml_end("testcase");
}

}  // namespace

std::string junit(const Json& report) {
  JunitFile file;
  if (text_in(report, "schema") != "assay-reports/1") file.add_suite(report);
  for (const auto& one : list_in(report, "reports")) file.add_suite(one);
  for (const auto& one : list_in(report, "missing")) file.add_missing(one);
  return std::move(file).text();
}

}  // namespace assay
