#include <iostream>

#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/explain.hpp"
#include "cli/run-store.hpp"
#include "cli/stored-report.hpp"
#include "cli/terminal.hpp"

namespace assay {

namespace fs = std::filesystem;

int explain_command(const ExplainRequest& request) {
  auto look = look_of(STDOUT_FILENO);
  if (request.colour != Colour::automatic) look.colour = request.colour == Colour::always;
  if (!request.outputs.empty()) {
    takes_stdout(request.outputs, {});
    draw_again(request.outputs, read_reports("explain", request.report).report);
    return 0;
  }
  const auto stored = read_report("explain", request.report);
  const auto& report = stored.report;
  if (request.message.empty()) {
    std::cout << explain_verdict(report, look);
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
