#include <iostream>

#include <unistd.h>

#include "cli/commands.hpp"
#include "checker/history/files.hpp"
#include "cli/exit-code.hpp"
#include "cli/explain.hpp"
#include "cli/html/index-page.hpp"
#include "cli/report-folder.hpp"
#include "cli/run-store.hpp"
#include "cli/stored-report.hpp"
#include "cli/terminal.hpp"

namespace assay {

namespace fs = std::filesystem;

namespace {

// Links of the page lead from where it is written to the reports.
std::string way_to(const fs::path& folder, const std::string& page) {
  if (page == "-") return "";
  const auto way = fs::absolute(folder).lexically_normal().lexically_relative(fs::absolute(page).lexically_normal().parent_path());
  const std::string text = way.generic_string();
  return text.empty() || text == "." ? "" : text + (text.ends_with('/') ? "" : "/");
}

int explain_folder(const ExplainRequest& request, const Look& look) {
  if (!request.outputs.junit.empty() || !request.outputs.summary.empty() || !request.message.empty())
    throw UsageError("explain " + request.report + ": of a folder of reports there is a list and, with --html FILE, a page; name one report for more");
  const auto index = index_of(request.report);
  const auto& page = request.outputs.html;
  if (page.empty() || page == "-") std::cout << (page.empty() ? index_text(index, look) : index_page(index, way_to(request.report, page)));
  else write_whole_file(page, index_page(index, way_to(request.report, page)));
  return 0;
}

}  // namespace

int explain_command(const ExplainRequest& request) {
  auto look = look_of(STDOUT_FILENO);
  if (request.colour != Colour::automatic) look.colour = request.colour == Colour::always;
  if (is_folder_of_reports(request.report)) return explain_folder(request, look);
  if (!request.outputs.empty()) {
    takes_stdout(request.outputs, {});
    draw_again(request.outputs, read_reports("explain", request.report).report);
    return 0;
  }
  const auto stored = read_report("explain", request.report);
  const auto& report = stored.report;
  if (request.message.empty()) {
    std::cout << explain_verdict(report, look, request.extent);
    return 0;
  }

  const auto digits = request.message.substr(0, request.message.find('/'));
  if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
    throw UsageError("explain: message \"" + printable(request.message) + "\" is not of the form TRIAL/PRODUCER/SEQ, as 12/producer-0/17");
  const auto directory = histories_of("explain", stored);
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
