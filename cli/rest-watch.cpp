#include "cli/rest-watch.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds answer_timeout{60'000};
constexpr milliseconds longest_pause{50};
constexpr milliseconds between_silent_probes{5};  // each is on record, and a recording has an end
constexpr int fewest_probes = 3;  // of a silence, CONTRACTS 2.4

}  // namespace

void Rest::ask() { asked_ns_ = monotonic_ns(); }

bool Rest::answered(bool empty) {
  in_a_row_ = empty ? in_a_row_ + 1 : 0;
  if (in_a_row_ == 1) begun_ns_ = monotonic_ns();
  return empty;
}

Rest RestWatch::while_working() const {
  return by_silence() ? Rest(fewest_probes, milliseconds(world_.setup.plan.terms.ground.silence_ms)) : Rest(2, milliseconds(0));
}

Rest RestWatch::while_draining() const {
  const auto& pipeline = world_.setup.plan.profile.pipeline;
  return pipeline ? Rest(2, 2 * milliseconds(pipeline->longest_ms)) : while_working();
}

bool RestWatch::owes_nothing(Rest& rest) {
  rest.ask();
  const bool silent = !by_silence() || consumers_hear_nothing();
  const bool empty = backlog_is_empty() && silent;
  if (world_.setup.plan.profile.pipeline && has_received_more()) rest.disturbed();
  if (rest.answered(empty)) {
    if (by_silence() && !rest.long_enough()) pause_for(between_silent_probes);
    return true;
  }
  pause_for(pause_);
  pause_ = std::min(pause_ * 2, longest_pause);
  return false;
}

void RestWatch::pause_for(milliseconds span) {
  world_.processes.wait_for([] { return false; }, Deadline::in(span));
}

// Since this was asked last: by what consumers have put on record.
bool RestWatch::has_received_more() {
  std::uint64_t length = 0;
  for (auto& agent : world_.processes.all())
    if (role_of(agent->process()) == "consumer") length += agent->trail().length();
  return std::exchange(received_bytes_, length) != length;
}

bool RestWatch::backlog_is_empty() {
  auto& auditor = world_.auditor();
  auditor.backlog_empty.reset();
  world_.processes.say(auditor, {{"type", "backlog"}});
  world_.processes.until([&] { return auditor.backlog_empty.has_value(); }, answer_timeout, "the backlog");
  return *auditor.backlog_empty;
}

// Each of the living puts on record what its next poll brings.
bool RestWatch::consumers_hear_nothing() {
  std::vector<SupervisedAgent*> asked;
  for (auto& agent : world_.processes.all())
    if (role_of(agent->process()) == "consumer" && is_asked(*agent)) asked.push_back(agent.get());
  for (auto* consumer : asked) {
    consumer->probe();
    world_.processes.say(*consumer, {{"type", "probe"}});
  }
  const auto has_answered = [&](auto* consumer) { return !is_asked(*consumer) || consumer->probed_empty; };
  world_.processes.until([&] { return std::all_of(asked.begin(), asked.end(), has_answered); }, answer_timeout, "the consumers to poll");
  return std::all_of(asked.begin(), asked.end(), [](auto* consumer) { return consumer->probed_empty.value_or(false); });
}

bool RestWatch::is_asked(const SupervisedAgent& agent) const {
  return !world_.processes.was_ended(agent) && &agent != world_.fault.zombie();
}

}  // namespace assay
