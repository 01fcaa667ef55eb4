#include <fstream>
#include <iostream>

#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/explain.hpp"
#include "cli/run-store.hpp"
#include "cli/terminal.hpp"

namespace assay {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json read_report(const fs::path& file) {
  std::ifstream stream(file);
  if (!stream) throw UsageError("explain " + file.string() + ": cannot open it; give a report.json or a run directory");
  auto report = Json::parse(stream, nullptr, false);
  if (!report.is_object() || !report.contains("schema"))
    throw UsageError("explain " + file.string() + ": not a report of assay");
  if (report["schema"] == "assay-reports/1")
    throw UsageError("explain " + file.string() + ": it holds several reports; name the run directory of one of them");
  if (report["schema"] != "assay-report/1") throw UsageError("explain " + file.string() + ": not a report of assay");
  return report;
}

// The histories lie where the report says, or beside it if both were moved.
fs::path histories_of(const Json& report, const fs::path& file) {
  const fs::path named = report.value("directory", "");
  for (const auto& candidate : {named, file.parent_path() / named.filename(), fs::path(file).replace_extension(".d"), file.parent_path()})
    if (!candidate.empty() && fs::exists(candidate / "manifest.json")) return candidate;
  throw UsageError("explain " + file.string() + ": its histories are gone; run with --report F.json or --out DIR to keep them");
}

}  // namespace

int explain_command(const ExplainRequest& request) {
  auto look = look_of(STDOUT_FILENO);
  if (request.colour != Colour::automatic) look.colour = request.colour == Colour::always;
  fs::path file = request.report;
  if (fs::is_directory(file)) file /= "report.json";
  const auto report = read_report(file);
  if (request.message.empty()) {
    std::cout << explain_verdict(report, look);
    return 0;
  }

  const auto digits = request.message.substr(0, request.message.find('/'));
  if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
    throw UsageError("explain: message \"" + printable(request.message) + "\" is not of the form TRIAL/PRODUCER/SEQ, as 12/producer-0/17");
  const auto directory = histories_of(report, file);
  const auto name = trial_file(std::stoll(digits));
  if (!fs::exists(directory / name)) throw UsageError("explain: the run has no trial " + digits);
  auto trial = read_packed(directory / name);
  trial.file = name;
  const auto events = events_of(trial, request.message);
  if (events.empty())
    throw UsageError("explain: trial " + digits + " knows no message " + printable(request.message));
  std::cout << timeline(trial, events, look);
  return 0;
}

}  // namespace assay
