#include "tests/schema/report-check.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include "cli/schema.hpp"
#include "tests/schema/schema-check.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t number(const Json& from, const char* key) { return from.at(key).get<std::int64_t>(); }

class Sums {
 public:
  explicit Sums(const Json& report) : report_(report) {}

  std::vector<std::string> faults() && {
    accounts();
    landed();
    windows();
    bounds();
    unresolved();
    verdict();
    findings();
    if (report_.contains("sweep")) sweep();
    return std::move(faults_);
  }

 private:
  void expect(bool holds, const std::string& what) {
    if (!holds) faults_.push_back(what);
  }

  void accounts() {
    const Json& sums = report_.at("accounts");
    const auto of = [&](const char* key) { return number(sums, key); };
    expect(of("sent") == of("acked") + of("failed") + of("unanswered"), "accounts: sent = acked + failed + unanswered");
    expect(of("recovered") <= of("unanswered"), "accounts: recovered <= unanswered");
    expect(of("redeliveries") <= of("deliveries"), "accounts: redeliveries <= deliveries");
    expect(of("lost") <= of("acked"), "accounts: lost <= acked");
    expect(of("unresolved") <= of("sent"), "accounts: unresolved <= sent");
    if (report_.at("evidence") == "faults") expect(of("sent") <= of("planned"), "accounts: sent <= planned");
  }

  void landed() {
    const Json& faults = report_.at("faults");
    expect(number(faults, "planned") == number(faults, "landed") + number(faults, "not_landed"),
           "faults: planned = landed + not_landed");
    const Json& trials = report_.at("trials");
    expect(number(trials, "run") >= number(faults, "planned"), "trials: run >= planned faults");
    expect(number(trials, "environment_faults") <= number(trials, "run"), "trials: environment_faults <= run");
  }

  void windows() {
    std::int64_t landed = 0;
    for (const Json& window : report_.at("windows")) {
      const auto of = [&](const char* key) { return number(window, key); };
      const std::string name = "window " + window.at("window").get<std::string>() + ": ";
      landed += of("landed");
      expect(of("landed") <= of("planned"), name + "landed <= planned");
      expect(of("decided") <= of("landed"), name + "decided <= landed");
      expect(of("violating") <= of("planned"), name + "violating <= planned");
      expect(of("occurrences") <= of("landed"), name + "occurrences <= landed");
      expect((of("violating") > 0) == !window.at("anomalies").empty(), name + "violating with anomalies");
      if (window.at("lower").is_number()) expect(window.at("lower") <= window.at("upper"), name + "lower <= upper");
    }
    expect(landed <= number(report_.at("faults"), "landed"), "windows: what landed in them <= faults landed");
  }

  void bounds() {
    std::set<std::string> relevant;
    std::int64_t cells = 0, decided = 0;
    for (const Json& window : report_.at("windows")) {
      if (number(window, "floor") == 0) continue;
      ++cells;
      decided += number(window, "decided");
      relevant.insert(window.at("window").get<std::string>());
    }
    const Json& bounds = report_.at("bounds");
    expect(number(bounds, "cells") == cells, "bounds: cells = windows with a floor");
    expect(number(bounds, "windows") == static_cast<std::int64_t>(relevant.size()),
           "bounds: windows = different ones with a floor");
    expect(number(bounds, "decided") == decided, "bounds: decided = the sum over windows with a floor");
    expect(number(bounds, "decided_violating") <= decided, "bounds: decided_violating <= decided");
  }

  void unresolved() {
    const Json& trials = report_.at("trials");
    const auto listed = static_cast<std::int64_t>(trials.at("unresolved").size());
    expect(listed == std::min<std::int64_t>(100, number(trials, "unresolved_count")), "trials: unresolved lists all, or 100");
  }

  // The claim is violated where a claimed clause is, and upheld where all are.
  void verdict() {
    bool violated = false, upheld = true, any = false;
    for (const Json& clause : report_.at("clauses")) {
      if (!clause.at("claimed").get<bool>()) continue;
      any = true;
      violated |= clause.at("verdict") == "violated";
      upheld &= clause.at("verdict") == "upheld" || clause.at("verdict") == "not_applicable";
    }
    expect((report_.at("verdict") == "violated") == violated, "verdict: violated where a claimed clause is");
    if (report_.at("verdict") == "upheld") expect(any && upheld, "verdict: upheld where all claimed clauses are");
  }

  void findings() {
    const Json& anomalies = report_.at("anomalies");
    const auto is_forbidden = [](const Json& one) { return one.at("forbidden").get<bool>(); };
    const bool forbidden = std::any_of(anomalies.begin(), anomalies.end(), is_forbidden);
    // Beside an environment fault an anomaly is listed, and violates nothing.
    const bool disturbed = report_.at("trials").at("environment_faults") != 0;
    expect((report_.at("verdict") == "violated") == forbidden || (forbidden && disturbed),
           "anomalies: one is forbidden where the verdict is violated");
    for (const Json& witness : report_.at("witnesses")) {
      const auto found = anomalies.find(witness.at("anomaly").get<std::string>());
      expect(found != anomalies.end() && found->at("forbidden") == true, "witnesses: each is of an anomaly that is forbidden");
      expect(!witness.at("events").empty(), "witnesses: each has events");
    }
  }

  void sweep() {
    const Json& sweep = report_.at("sweep");
    std::int64_t landed = 0, planned = 0;
    for (const Json& cell : sweep.at("cells")) {
      landed += number(cell, "landed");
      planned += number(cell, "planned");
    }
    expect(landed == number(sweep, "landed"), "sweep: landed = the sum over its cells");
    expect(planned == number(sweep, "planned"), "sweep: planned = the sum over its cells");
  }

  const Json& report_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> schema_faults(const Json& report) {
  static const SchemaCheck check(report_schema());
  static std::set<std::string> sound;  // sample reports come again and again, and a validation takes its time
  const auto text = report.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (sound.contains(text)) return {};
  auto faults = check.faults(report);
  if (faults.empty()) sound.insert(text);
  return faults;
}

std::vector<std::string> sum_faults(const Json& report) {
  if (!report.contains("reports")) return Sums(report).faults();
  std::vector<std::string> faults;
  for (const Json& one : report.at("reports"))
    for (auto& fault : Sums(one).faults()) faults.push_back(std::move(fault));
  return faults;
}

}  // namespace assay
