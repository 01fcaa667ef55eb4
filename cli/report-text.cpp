#include "cli/report-text.hpp"

#include <algorithm>

#include "checker/history/files.hpp"
#include "cli/text.hpp"

namespace assay {

std::string anomaly_counts(const Json& report, bool forbidden) {
  std::vector<std::string> counts;
  for (const auto& [anomaly, seen] : field(report, "anomalies").items())
    if (flag_in(seen, "forbidden") == forbidden && number_in(seen, "count") > 0)
      counts.push_back(grouped(number_in(seen, "count")) + " " + anomaly);
  return joined(counts);
}

std::string held_text(const Json& report) {
  const auto strongest = texts_in(report, "strongest");
  if (!strongest.empty()) return joined(strongest);
  const std::string why = text_in(report, "strongest_reason");
  if (why.empty()) return "none";
  if (why.starts_with("every guarantee was violated")) return "none: " + why;
  return (text_in(field(report, "plan"), "only").empty() ? "not settled: " : "not settled by one trial: ") + why;
}

std::string not_tested_text(const Json& report) {
  static const std::string unreached = ": not reached";
  std::vector<std::string> words;
  std::int64_t windows = 0;
  for (const auto& item : texts_in(report, "not_tested"))
    if (item.ends_with(unreached)) ++windows;
    else words.push_back(item);
  if (windows > 0) words.push_back(counted(windows, "window") + " not reached");
  return joined(words);
}

std::string why_of(const Json& open) {
  std::string reason = text_in(open, "reason");
  std::replace(reason.begin(), reason.end(), '_', ' ');
  const std::string detail = text_in(open, "detail");
  return reason + (detail.empty() ? "" : ": " + detail);
}

std::vector<Lack> lacks(const Json& report) {
  std::vector<Lack> list;
  const std::string whole = text_in(report, "reason");
  if (whole == "environment" || whole == "interrupted") list.push_back({{"run"}, why_of(report), text_in(report, "remedy")});
  for (const auto& clause : list_in(report, "clauses")) {
    if (!flag_in(clause, "claimed") || text_in(clause, "verdict") != "inconclusive") continue;
    const std::string why = why_of(clause), remedy = text_in(clause, "remedy");
    const auto same = std::find_if(list.begin(), list.end(), [&](const Lack& lack) { return lack.why == why && lack.remedy == remedy; });
    if (same == list.end()) list.push_back({{text_in(clause, "id")}, why, remedy});
    else same->clauses.push_back(text_in(clause, "id"));
  }
  if (list.empty()) list.push_back({{"run"}, why_of(report), text_in(report, "remedy")});
  return list;
}

// The report's own line is that of its first witness.
std::string reproduce_text(const Json& report, const Json& witness) {
  auto arguments = texts_in(report, "reproduce");
  const std::string fault = text_in(witness, "fault");
  for (std::size_t i = 0; i + 1 < arguments.size() && !fault.empty(); ++i) {
    if (arguments[i] != "--only" && !(arguments[i] == "--faults" && arguments[i + 1] == "none")) continue;
    arguments[i] = fault == "control" ? "--faults" : "--only";
    arguments[i + 1] = fault == "control" ? "none" : fault;
    break;
  }
  return command_line(arguments);
}

std::string clause_name(const Json& clause) { return text_in(clause, "id") + " @ " + text_in(clause, "scope"); }

std::string result_name(const Json& report) {
  const std::string verdict = text_in(report, "verdict");
  if (verdict == "inconclusive") return verdict + ": " + text_in(report, "reason");
  std::vector<std::string> forbidden;
  for (const auto& [anomaly, seen] : field(report, "anomalies").items())
    if (flag_in(seen, "forbidden")) forbidden.push_back(anomaly);
  return verdict + (verdict == "violated" ? ": " + joined(forbidden) : "");
}

std::string digest_of(const Json& report) {
  return sha256_of(report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace assay
