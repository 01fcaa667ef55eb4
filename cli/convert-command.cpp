#include <algorithm>
#include <filesystem>
#include <iostream>

#include "checker/account.hpp"
#include "checker/history/files.hpp"
#include "cli/checked-input.hpp"
#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

// What goes out: one trial, and whether its times mean anything.
struct Converted {
  Trial trial;
  bool timed = true;
};

[[noreturn]] void refuse_conversion(const ConvertRequest& request, const std::string& why) {
  throw UsageError("convert " + request.from.front() + ": " + why);
}

Trial chosen(const ConvertRequest& request, std::vector<Trial> trials) {
  if (trials.empty()) refuse_conversion(request, "it has no events");
  const auto wanted = std::find_if(trials.begin(), trials.end(), [&](const Trial& t) { return t.number == request.trial; });
  if (request.trial && wanted == trials.end())
    refuse_conversion(request, "it has no trial " + std::to_string(*request.trial) + "; there are " +
                                   std::to_string(trials.front().number) + " to " + std::to_string(trials.back().number));
  if (request.trial) return std::move(*wanted);
  if (trials.size() > 1)
    refuse_conversion(request, "it has " + counted(std::ssize(trials), "trial") + "; choose one: --trial " +
                                   std::to_string(trials.front().number));
  return std::move(trials.front());
}

Converted read_one(const ConvertRequest& request) {
  const auto& first = request.from.front();
  if (std::filesystem::is_directory(first)) {
    if (request.from.size() > 1) refuse_conversion(request, "a run directory goes alone");
    return {chosen(request, read_run(first).trials), true};
  }
  for (const auto& path : request.from) must_be_a_file("convert", path);
  auto input = read_histories(request.from);
  auto trials = input.history.trials.empty() ? events_of(input.history.plain, input.names()) : std::move(input.history.trials);
  return {chosen(request, std::move(trials)), input.carried.timed};
}

void say(const std::string& what) { std::cerr << "convert: " << what << "\n"; }

void put_out(const std::string& path, const std::string& text) {
  if (path.empty() || path == "-") std::cout << text;
  else write_whole_file(path, text);
}

// Ids that a list cannot hold would come back as others.
std::string line_of(const ConvertRequest& request, const std::string& id) {
  if (id.find_first_of(std::string("\n\r\0", 3)) != std::string::npos || id.starts_with("{\""))
    refuse_conversion(request, "the id \"" + id + "\" cannot stand on a line of a list");
  return id + "\n";
}

void to_lists(const ConvertRequest& request, const Trial& trial) {
  if (request.out.empty() || request.out == "-") refuse_conversion(request, "--to lists needs --out NAME: it writes NAME.sent, NAME.received and NAME.attempted");
  const auto facts = gather(trial, RecordedBy::others);
  std::string sent, received, attempted;
  std::int64_t failed = 0, markers = 0, effects = 0, copies = 0;
  for (const auto& [id, account] : facts.accounts) {
    if (account.marker) {
      ++markers;
      continue;
    }
    const auto state = account.state();
    if (state == SendState::acked) sent += line_of(request, id);
    if (state == SendState::maybe) attempted += line_of(request, id);
    failed += state == SendState::failed;
    effects += std::ssize(account.rows);
    copies += std::ssize(account.copies);
    for (std::size_t i = 0; i < account.deliveries.size(); ++i) received += line_of(request, id);
  }
  write_whole_file(request.out + ".sent", sent);
  write_whole_file(request.out + ".received", received);
  write_whole_file(request.out + ".attempted", attempted);

  say("lists hold no times, processes, acks, contents or faults");
  const auto left_out = [](std::int64_t count, const std::string& what) {
    if (count > 0) say("lists hold no " + what + ": " + grouped(count) + " left out");
  };
  left_out(failed, "sends that failed for certain");
  left_out(effects, "effects");
  left_out(copies, "stored copies");
  left_out(markers, "canaries and end markers");
  left_out(std::ssize(facts.alien_deliveries), "deliveries without an id");
}

}  // namespace

int convert_command(const ConvertRequest& request) {
  if (request.to == HistoryForm::packed && (request.out.empty() || request.out == "-"))
    refuse_conversion(request, "--to history needs --out FILE: it is a binary file");
  const auto [trial, timed] = read_one(request);
  if (request.to == HistoryForm::lists) {
    to_lists(request, trial);
    return 0;
  }
  if (!timed) say("the history has no times on all its lines: time is 0 on all of them");
  if (request.to == HistoryForm::lines) {
    put_out(request.out, json_lines_of(trial));
    return 0;
  }
  write_packed(trial, request.out);
  return 0;
}

}  // namespace assay
