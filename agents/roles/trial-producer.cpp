#include "agents/roles/trial-producer.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_pause{1}, longest_pause{100};  // between attempts at a system that is down
constexpr milliseconds marker_timeout{10'000};

}  // namespace

TrialProducer::TrialProducer(const RoleContext& context, DedupIdentity identity)
    : context_(context),
      configuration_(context.configuration),
      cursor_(configuration_.cursor),
      sends_(context, std::move(identity)),
      progress_(context.control, "sent") {}

void TrialProducer::run(const std::function<void()>& send_plan) {
  await_go();
  if (!bye_) send_plan();
  if (bye_) return;
  context_.control.send({{"type", "done"}});
  while (const auto command = next_command())
    if (!send_marker(*command)) return;
}

// Ahead of its plan it may be asked for a marker, which shows whether the path is open.
void TrialProducer::await_go() {
  context_.control.send({{"type", "ready"}});
  while (!go_ && !bye_) {
    const auto command = context_.control.receive(Deadline::in(supervisor_silence));
    if (!command) throw std::runtime_error("supervisor said nothing after ready");
    remember(*command);
    while (!go_ && !bye_ && !commands_.empty()) {
      const auto marker = commands_.front();
      commands_.pop_front();
      send_marker(marker);
    }
  }
}

bool TrialProducer::goes_on() {
  const Deadline pause = Deadline::in(pause_);
  while (const auto command = context_.control.receive(pause)) remember(*command);
  return !bye_;
}

bool TrialProducer::wait_until(Deadline deadline) {
  while (!bye_) {
    const auto command = context_.control.receive(deadline);
    if (!command) break;
    remember(*command);
  }
  return !bye_;
}

std::optional<std::int64_t> TrialProducer::next_unsent() {
  if (!goes_on()) return std::nullopt;
  last_ = std::max(last_, cursor_.read()) + 1;
  if (last_ > configuration_.messages) return std::nullopt;
  return last_;
}

void TrialProducer::send(std::int64_t number) {
  sends_.submit(message_id(configuration_.trial, configuration_.process, number), number,
                request_timeout(configuration_));
}

void TrialProducer::await_answers(const std::function<void(const SendCompletion&)>& completed) {
  sends_.await_answers([&](const SendCompletion& completion) {
    const bool answered = is_answered(completion.outcome);
    pause_ = answered ? milliseconds(0) : std::clamp(pause_ * 2, shortest_pause, longest_pause);
    if (answered && !is_marker(completion.message)) ++answered_;
    completed(completion);
  });
  progress_.report(answered_);
}

SendOutcome TrialProducer::await_last() {
  SendOutcome outcome = SendOutcome::indeterminate;
  while (open() > 0) await_answers([&](const SendCompletion& completion) { outcome = completion.outcome; });
  return outcome;
}

// False: bye.
bool TrialProducer::send_marker(const nlohmann::json& command) {
  const std::string message = command.at("message");
  const Deadline deadline = Deadline::in(milliseconds(command.value("deadline_ms", marker_timeout.count())));
  SendOutcome outcome = SendOutcome::indeterminate;
  do {
    sends_.submit(message, marker_number(message), std::min(request_timeout(configuration_), deadline.left()));
    outcome = await_last();
  } while (!is_answered(outcome) && !deadline.passed() && goes_on());
  context_.control.send({{"type", "sent"}, {"message", message}, {"outcome", std::string(name(phase_of(outcome)))}});
  return !bye_;
}

// A marker that is asked for again keeps its number: it is the same message. The
// one ahead of the plan has a number ahead of it.
std::int64_t TrialProducer::marker_number(const std::string& message) {
  const auto behind_all = configuration_.messages + static_cast<std::int64_t>(marker_numbers_.size()) + 1;
  return marker_numbers_.try_emplace(message, go_ ? behind_all : 0).first->second;
}

// The next marker to send; nothing: bye.
std::optional<nlohmann::json> TrialProducer::next_command() {
  while (!bye_ && commands_.empty()) {
    const auto command = context_.control.receive(Deadline::in(supervisor_silence));
    if (!command) throw std::runtime_error("supervisor said nothing after done");
    remember(*command);
  }
  if (bye_) return std::nullopt;
  auto command = commands_.front();
  commands_.pop_front();
  return command;
}

void TrialProducer::remember(const nlohmann::json& command) {
  if (command.at("type") == "bye") {
    bye_ = true;
  } else if (command.at("type") == "go" && !go_) {
    go_ = true;
  } else if (command.at("type") == "canary" && command.contains("message") && command.at("message").is_string()) {
    commands_.push_back(command);
  } else {
    reject(command);
  }
}

void require_one_in_flight(const RoleContext& context) {
  require_one(context, "in_flight", context.configuration.in_flight);
}

}  // namespace assay
