#include "agents/roles/sends.hpp"

#include <stdexcept>

#include "agents/control/placeholders.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

// Attempts of one message are numbered INCARNATION * 1000 + 1, 2, 3 ..., so
// that no two incarnations use the same number.
constexpr std::int64_t attempts_per_incarnation = 1000;

}  // namespace

bool is_answered(SendOutcome outcome) { return outcome == SendOutcome::ok || outcome == SendOutcome::unconfirmed; }

Phase phase_of(SendOutcome outcome) {
  switch (outcome) {
    case SendOutcome::ok: return Phase::ok;
    case SendOutcome::unconfirmed: return Phase::unconfirmed;
    case SendOutcome::fail: return Phase::fail;
    case SendOutcome::indeterminate: break;
  }
  return Phase::indeterminate;
}

Sends::Sends(const RoleContext& context, DedupIdentity identity)
    : context_(context),
      configuration_(context.configuration),
      identity_(std::move(identity)),
      link_(context.system.producer(link_setup(context))) {}

void Sends::submit(const std::string& message, std::int64_t number, milliseconds timeout) {
  const std::int64_t attempt = next_attempt(message);
  const Payload payload = payload_of(message, attempt);
  OutgoingMessage outgoing{.ticket = ++ticket_, .bytes = bytes_of(payload), .key = payload.key};
  if (identity_) identity_(outgoing, message, number);
  context_.recorder.record({.type = Type::send,
                            .phase = Phase::invoke,
                            .message = message,
                            .key = payload.key,
                            .digest = digest(payload),
                            .attempt = attempt,
                            .channel = configuration_.channel});
  const Deadline deadline = Deadline::in(timeout);
  open_.emplace(ticket_, Attempt{message, number, attempt, deadline});
  link_->submit(outgoing, deadline);
}

void Sends::await_answers(const std::function<void(const SendCompletion&)>& completed) {
  const Attempt& oldest = open_.begin()->second;  // tickets grow
  const Waiting waiting = link_->answer_waiting(oldest.deadline);
  if (waiting == Waiting::nothing) return give_up(completed);
  if (waiting == Waiting::answer && !is_marker(oldest.message)) context_.points.pass(Window::p_sent_before_ack);
  for (const SendAnswer& answer : link_->take_answers()) complete(answer, completed);
}

// A queued request must not leave after it has been given up.
void Sends::give_up(const std::function<void(const SendCompletion&)>& completed) {
  link_->abandon();
  while (!open_.empty()) {
    const std::int64_t ticket = open_.begin()->first;
    complete({.ticket = ticket,
              .outcome = SendOutcome::indeterminate,
              .copy = "",
              .error = "no answer within " + std::to_string(configuration_.request_timeout_ms) + " ms"},
             completed);
  }
}

void Sends::complete(const SendAnswer& answer, const std::function<void(const SendCompletion&)>& completed) {
  const auto found = open_.find(answer.ticket);
  if (found == open_.end()) {
    context_.recorder.record(environment_event("warn", configuration_.process, "an answer to no open send: ticket " +
                                               std::to_string(answer.ticket)));
    return;
  }
  const Attempt attempt = open_.extract(found).mapped();
  Event event{.type = Type::send,
              .phase = phase_of(answer.outcome),
              .message = attempt.message,
              .attempt = attempt.attempt,
              .copy = answer.copy,
              .error = answer.error};
  if (answer.duplicate) event.duplicate = true;
  context_.recorder.record(std::move(event));
  completed({attempt.message, attempt.number, answer.outcome});
}

std::int64_t Sends::next_attempt(const std::string& message) {
  const std::int64_t k = ++attempts_[message];
  if (k >= attempts_per_incarnation)
    throw std::runtime_error("send " + message + ": no answer to " + std::to_string(k - 1) + " attempts");
  return configuration_.incarnation * attempts_per_incarnation + k;
}

std::string Sends::bytes_of(const Payload& payload) const {
  if (configuration_.body_template.empty()) return to_bytes(payload);
  return filled_in(configuration_.body_template, {{"message", payload.message},
                                                  {"attempt", std::to_string(payload.attempt)},
                                                  {"key", payload.key},
                                                  {"body", payload.body}});
}

Payload Sends::payload_of(const std::string& message, std::int64_t attempt) const {
  const auto bytes = static_cast<std::size_t>(body_bytes(message, configuration_.size));
  return {.run = configuration_.run,
          .message = message,
          .attempt = attempt,
          .key = key_of(message, configuration_.keys, configuration_.seed),
          .body = body_of(configuration_.seed, message, bytes)};
}

}  // namespace assay
