#include "workbench.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>

#include <unistd.h>

#include <doctest/doctest.h>

#include "cli/text.hpp"
#include "tests/files.hpp"
#include "tests/schema/report-check.hpp"

namespace assay {

namespace fs = std::filesystem;

namespace {

void check_report(const std::vector<std::string>& arguments, const Bench::Outcome& outcome, const fs::path& directory) {
  const auto option = std::find(arguments.begin(), arguments.end(), "--report");
  if (option == arguments.end() || option + 1 == arguments.end()) return;
  const auto text = option[1] == "-" ? outcome.output : contents(directory / option[1]);
  const auto report = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!report.is_object()) {
    CHECK_MESSAGE((outcome.code != 0 && outcome.code != 1), "no report of a run that came to a verdict");
    return;
  }
  const auto misfits = schema_faults(report);
  CHECK(joined(misfits, "\n") == "");
  if (misfits.empty()) CHECK(joined(sum_faults(report), "\n") == "");
}

}  // namespace

Bench::Bench() {
  std::string name = (fs::temp_directory_path() / "assay-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("make directory " + name);
  directory_ = name;
}

Bench::~Bench() {
  if (std::uncaught_exceptions() > 0) std::cerr << "kept for a look: " << directory_ << "\n";
  else fs::remove_all(directory_);
}

fs::path assay_program() { return fs::path(ASSAY_BIN_DIR) / "assay"; }

std::string profile(const std::string& name) { return (fs::path(ASSAY_SOURCE_DIR) / "profiles" / (name + ".json")).string(); }

Bench::Outcome Bench::assay(const std::vector<std::string>& arguments,
                            const std::map<std::string, std::string>& environment) const {
  Command command{.argv = {assay_program().string()}, .environment = environment, .directory = directory_};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  const auto finished = run_to_end(command, Deadline::in(std::chrono::minutes(5)));
  const bool exited = !finished.timed_out && finished.end.kind == Change::Kind::exited;
  const Outcome outcome{exited ? finished.end.value : -1, finished.output, finished.errors};
  check_report(arguments, outcome, directory_);
  return outcome;
}

Bench::Outcome Bench::run(std::vector<std::string> arguments, nlohmann::ordered_json& report,
                          const std::map<std::string, std::string>& environment) const {
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"--report", "r.json"});
  auto outcome = assay(arguments, environment);
  std::ifstream file(directory_ / "r.json");
  report = nlohmann::ordered_json::parse(file, nullptr, false);
  if (report.is_discarded()) report = nlohmann::ordered_json::object();
  return outcome;
}

std::string Bench::write(const std::string& name, const std::string& text) const {
  const auto path = directory_ / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
  return path.string();
}

std::vector<int> processes_with(const std::string& mark) {
  std::vector<int> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "environ", std::ios::binary);
    std::ostringstream environment;
    environment << file.rdbuf();
    if (environment.str().find(mark) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

std::string process_name(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace assay
