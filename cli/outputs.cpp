#include "cli/outputs.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "checker/history/files.hpp"
#include "cli/html/html-page.hpp"
#include "cli/judged-run.hpp"
#include "cli/junit.hpp"
#include "cli/profile.hpp"
#include "cli/summary.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;
using OutputJson = nlohmann::ordered_json;

// GitHub drops the whole page of a job above 1,024 KiB.
constexpr std::uintmax_t step_summary_bytes = 1'000'000;

void draw_one(const std::string& file, const std::function<std::string()>& drawn) {
  if (file.empty()) return;
  if (file == "-") std::cout << drawn() << std::flush;
  else write_whole_file(file, drawn());
}

void complain_of(const std::string& what, const std::string& why) {
  std::cerr << "assay: " << printable_lines(what + ": " + why) << "; the verdict stands without it" << std::endl;
}

void draw_or_complain(const std::string& what, const std::string& file, const std::function<std::string()>& drawn) {
  try {
    draw_one(file, drawn);
  } catch (const std::exception& error) {
    complain_of("write the " + what + " " + file, error.what());
  }
}

void append(const std::string& file, const std::string& text) {
  std::error_code absent;
  const auto size = fs::file_size(file, absent);
  if (!absent && size + text.size() > step_summary_bytes) throw std::runtime_error("it is full; GitHub shows no page above 1,024 KiB");
  std::ofstream stream(file, std::ios::binary | std::ios::app);
  stream << (!absent && size > 0 ? "\n" : "") << text << std::flush;
  if (!stream) throw std::system_error(errno, std::generic_category());
}

}  // namespace

OutputJson bundled(OutputJson reports, OutputJson missing, bool several) {
  if (!several && missing.empty() && reports.size() == 1) return reports.front();
  return {{"schema", "assay-reports/1"}, {"reports", std::move(reports)}, {"missing", std::move(missing)}};
}

bool takes_stdout(const Outputs& outputs, std::initializer_list<std::string> further) {
  std::vector<std::string> files{outputs.junit, outputs.summary, outputs.html};
  files.insert(files.end(), further.begin(), further.end());
  const auto count = std::count(files.begin(), files.end(), "-");
  if (count > 1) throw UsageError("only one of --report, --judgement, --junit, --summary and --html can be -, which is stdout");
  return count == 1;
}

void remove_old(const Outputs& outputs) {
  std::error_code ignored;  // what cannot be removed cannot be written either, and that is told then
  for (const auto& file : {outputs.junit, outputs.summary, outputs.html})
    if (!file.empty() && fs::is_regular_file(file, ignored)) fs::remove(file, ignored);
}

void draw(const Outputs& outputs, const OutputJson& report) {
  draw_or_complain("JUnit file", outputs.junit, [&] { return junit(report); });
  draw_or_complain("summary", outputs.summary, [&] { return summary(report); });
  draw_or_complain("page", outputs.html, [&] { return html_page(report); });
}

void draw_again(const Outputs& outputs, const OutputJson& report) {
  draw_one(outputs.junit, [&] { return junit(report); });
  draw_one(outputs.summary, [&] { return summary(report); });
  draw_one(outputs.html, [&] { return html_page(report); });
}

void append_step_summary(const OutputJson& report) {
  const char* file = std::getenv("GITHUB_STEP_SUMMARY");
  if (!file || !*file) return;
  try {
    append(file, summary(report));
  } catch (const std::exception& error) {
    complain_of(std::string("append to GITHUB_STEP_SUMMARY ") + file, error.what());
  }
}

}  // namespace assay
