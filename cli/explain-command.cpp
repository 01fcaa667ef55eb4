#include <fstream>
#include <iostream>

#include <unistd.h>

#include "checker/history/files.hpp"
#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/explain-profile.hpp"
#include "cli/explain-topic.hpp"
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

void explain_folder(const ExplainRequest& request, const Json& index, const Look& look) {
  const auto& page = request.outputs.html;
  if (list_in(index, "profiles").empty())
    throw UsageError("explain " + request.subject + ": there is no report of assay below this folder; assay run PROFILE --report FILE makes one");
  if (!request.outputs.junit.empty() || !request.outputs.summary.empty() || !request.topic.empty())
    throw UsageError("explain " + request.subject + ": of a folder of reports there is a list and, with --html FILE, a page; name one report for more");
  if (page.empty()) std::cout << index_text(index, look);
  else if (page == "-") std::cout << index_page(index, "");
  else write_whole_file(page, index_page(index, way_to(request.subject, page)));
}

// A report says so itself; a folder is a run where one lies in it.
bool names_a_report(const fs::path& path) {
  if (fs::is_directory(path)) return fs::exists(path / "report.json");
  std::ifstream stream(path);
  const auto body = nlohmann::ordered_json::parse(stream, nullptr, false);
  return body.is_object() && text_in(body, "schema").starts_with("assay-report");
}

std::vector<fs::path> profiles_named(const std::string& argument) {
  try {
    return find_profiles(argument);
  } catch (const UsageError& error) {
    throw UsageError("explain: neither a report nor a run directory, and as a profile " + std::string(error.what()));
  }
}

std::string profiles_explained(const std::string& argument, const Look& look) {
  std::string text;
  for (const auto& file : profiles_named(argument)) {
    const auto profile = load_profile(file);
    const bool whole = file.string() == argument || argument == profile.name;
    text += (text.empty() ? "" : "\n") + explain_profile(make_plan(profile, system_of(profile), 1, ""), whole ? argument : profile.name, look);
  }
  return text;
}

std::string message_explained(const StoredReport& stored, const std::string& message, const Look& look) {
  const auto digits = message.substr(0, message.find('/'));
  if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
    throw UsageError("explain: message \"" + printable(message) + "\" is not of the form TRIAL/PRODUCER/SEQ, as 12/producer-0/17");
  const auto directory = histories_of("explain", stored);
  const auto name = trial_file(std::stoll(digits));
  if (!fs::exists(directory / name)) throw UsageError("explain: the run has no trial " + digits);
  auto trial = read_packed(directory / name);
  trial.file = name;
  const auto events = events_of(trial, message);
  if (events.empty()) throw UsageError("explain: trial " + digits + " knows no message " + printable(message));
  return timeline(trial, events, look);
}

std::string report_explained(const ExplainRequest& request, const Look& look) {
  const auto stored = read_report("explain", request.subject);
  if (request.topic.empty()) return explain_verdict(stored.report, look, request.extent);
  switch (topic_of(stored.report, request.topic)) {
    case Topic::clause: return explain_clause(stored.report, request.topic, look);
    case Topic::window: return explain_window(stored.report, request.topic, look);
    case Topic::message: break;
  }
  return message_explained(stored, request.topic, look);
}

}  // namespace

int explain_command(const ExplainRequest& request) {
  auto look = look_of(STDOUT_FILENO);
  if (request.colour != Colour::automatic) look.colour = request.colour == Colour::always;
  if (is_folder_of_reports(request.subject)) {
    const auto index = index_of(request.subject);
    const bool profiles = list_in(index, "profiles").empty() && request.outputs.empty();  // the folder may hold those
    if (!profiles) return explain_folder(request, index, look), 0;
  }
  if (!request.outputs.empty()) {
    takes_stdout(request.outputs, {});
    draw_again(request.outputs, read_reports("explain", request.subject).report);
    return 0;
  }
  if (names_a_report(request.subject)) {
    std::cout << report_explained(request, look);
    return 0;
  }
  if (!request.topic.empty())
    throw UsageError("explain " + printable(request.subject) + ": it is no report, and only of a report a message, a clause or a window is explained");
  std::cout << profiles_explained(request.subject, look);
  return 0;
}

}  // namespace assay
