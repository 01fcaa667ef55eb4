#include "cli/stored-report.hpp"

#include <fstream>

#include "cli/profile.hpp"

namespace assay {

namespace fs = std::filesystem;

StoredReport read_reports(const std::string& command, const fs::path& path) {
  StoredReport stored{.file = fs::is_directory(path) ? path / "report.json" : path, .report = {}};
  const auto refuse = [&](const std::string& why) { throw UsageError(command + " " + stored.file.string() + ": " + why); };
  std::ifstream stream(stored.file);
  if (!stream) refuse("cannot open it; give a report.json or a run directory");
  stored.report = nlohmann::ordered_json::parse(stream, nullptr, false);
  if (!stored.report.is_object() || !stored.report.contains("schema")) refuse("not a report of assay");
  if (stored.report["schema"] != "assay-report/1" && stored.report["schema"] != "assay-reports/1") refuse("not a report of assay");
  return stored;
}

StoredReport read_report(const std::string& command, const fs::path& path) {
  auto stored = read_reports(command, path);
  if (stored.report["schema"] == "assay-reports/1")
    throw UsageError(command + " " + stored.file.string() + ": it holds several reports; name the run directory of one of them");
  return stored;
}

fs::path histories_of(const std::string& command, const StoredReport& stored) {
  const fs::path named = stored.report.value("directory", ""), file = stored.file;
  for (const auto& candidate :
       {named, file.parent_path() / named.filename(), fs::path(file).replace_extension(".d"), file.parent_path()})
    if (!candidate.empty() && fs::exists(candidate / "manifest.json")) return candidate;
  throw UsageError(command + " " + file.string() +
                   ": its histories are gone; run with --report F.json or --out DIR to keep them");
}

}  // namespace assay
