// A report that was kept, and the run directory that belongs to it.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace assay {

struct StoredReport {
  std::filesystem::path file;
  nlohmann::ordered_json report;
};

// A report.json or a run directory. UsageError, which begins with the command,
// when it is neither.
StoredReport read_report(const std::string& command, const std::filesystem::path& path);

// The same, or an assay-reports/1.
StoredReport read_reports(const std::string& command, const std::filesystem::path& path);

// Where its histories lie: where the report says, or beside it if both were
// moved. UsageError when they are gone.
std::filesystem::path histories_of(const std::string& command, const StoredReport& stored);

}  // namespace assay
