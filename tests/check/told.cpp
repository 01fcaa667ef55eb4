#include "told.hpp"

#include <ostream>
#include <regex>

namespace assay {
namespace {

std::string without_seconds(const std::string& text) {
  static const std::regex seconds(" +[0-9]+\\.[0-9] s\n");
  return std::regex_replace(text, seconds, "\n");
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Told& told) { return out << "exit code " << told.code << "\n" << told.text; }

Told check_to_the_end(const Bench& bench, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "check");
  const auto outcome = bench.assay(arguments);
  return {outcome.code, without_seconds(outcome.output) + outcome.errors};
}

Told check(const Bench& bench, std::vector<std::string> arguments) {
  auto told = check_to_the_end(bench, std::move(arguments));
  told.text = told.text.substr(0, told.text.find("  not judged"));
  return told;
}

Told refused(const Bench& bench, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "check");
  const auto outcome = bench.assay(arguments);
  return {outcome.code, outcome.output + outcome.errors};
}

}  // namespace assay
