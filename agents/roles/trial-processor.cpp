#include "agents/roles/trial-processor.hpp"

#include <chrono>
#include <stdexcept>

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds fence_timeout{30'000};  // it waits for transactions that are being committed
constexpr milliseconds between_tries{50};
constexpr int most_fences = 3;  // before it has begun to work

bool is_sent(const SendAnswer& answer) { return answer.outcome == SendOutcome::ok || answer.outcome == SendOutcome::unconfirmed; }

// What an outcome is called on record.
struct Phases {
  Phase ok, fail, indeterminate;

  Phase of(TransactionOutcome outcome) const {
    switch (outcome) {
      case TransactionOutcome::ok: return ok;
      case TransactionOutcome::fail: return fail;
      case TransactionOutcome::indeterminate: break;
    }
    return indeterminate;
  }
};
constexpr Phases fencing{Phase::ok, Phase::fail, Phase::indeterminate};
constexpr Phases committing{Phase::commit_ok, Phase::commit_fail, Phase::commit_indeterminate};
constexpr Phases aborting{Phase::abort_ok, Phase::abort_fail, Phase::abort_indeterminate};

AckOutcome ack_of(TransactionOutcome outcome) {
  switch (outcome) {
    case TransactionOutcome::ok: return AckOutcome::confirmed;
    case TransactionOutcome::fail: return AckOutcome::refused;
    case TransactionOutcome::indeterminate: break;
  }
  return AckOutcome::indeterminate;
}

}  // namespace

TrialProcessor::TrialProcessor(const RoleContext& context)
    : context_(context),
      consumer_(context, Window::k_polled),
      name_(incarnation_name(context.configuration.process, context.configuration.incarnation)) {
  require_one(context, "ack_batch", context.configuration.ack_batch);
}

void TrialProcessor::fence() {
  TransactionAnswer answer;
  for (int i = 0; i < most_fences; ++i) {
    answer = ask_for_fence();
    if (answer.outcome == TransactionOutcome::ok) return;
  }
  throw std::runtime_error("shut out what came before " + name_ + ": " + (answer.error.empty() ? "no answer" : answer.error));
}

void TrialProcessor::run(const std::function<bool(const Taken&)>& process) {
  const auto process_and_tell = [&](const Taken& taken) {
    if (process(taken)) consumer_.tell_if_marker(taken);
  };
  consumer_.run(process_and_tell, [] {});
}

bool TrialProcessor::begin() {
  const auto answer = consumer_.link().begin(request());
  if (answer.fenced) shut_out(answer.error);
  else if (answer.outcome != TransactionOutcome::ok) settle();
  if (answer.outcome != TransactionOutcome::ok) return false;
  transaction_ = name_ + "/" + std::to_string(++begun_);
  record(Phase::begin);
  return true;
}

bool TrialProcessor::send_on(const Taken& taken, std::int64_t part) {
  if (part == 1) consumer_.work_on(taken);
  Event effect{.type = Type::effect, .phase = Phase::begin, .message = taken.identity.message, .attempt = taken.identity.attempt};
  effect.transaction = transaction_;
  effect.part = part;
  context_.recorder.record(effect);

  auto row = consumer_.row_of(taken);
  row.part = part;
  row.transaction = transaction_;
  const auto answer = consumer_.link().send_on(row, request());
  effect.phase = is_sent(answer) ? Phase::ok : Phase::indeterminate;
  effect.error = answer.error;
  context_.recorder.record(effect);
  if (is_sent(answer)) return true;
  if (answer.fenced) shut_out(answer.error);
  else if (!transaction_.empty()) abort();
  return false;
}

bool TrialProcessor::send_both(const Taken& taken) {
  if (!send_on(taken, 1)) return false;
  pass(Window::k_produced_1, taken);
  if (!send_on(taken, 2)) return false;
  pass(Window::k_produced_2, taken);
  return true;
}

bool TrialProcessor::keep_sending_on(const Taken& taken, std::int64_t part) {
  while (!send_on(taken, part))
    if (!consumer_.hear(Deadline::in(between_tries))) return false;
  return true;
}

bool TrialProcessor::add_offset(const Taken& taken) {
  const auto answer = consumer_.link().add_offsets({taken.delivery}, request());
  if (answer.outcome == TransactionOutcome::ok) {
    record(Phase::offsets);
    in_transaction_.push_back(taken);
    return true;
  }
  if (answer.fenced) shut_out(answer.error);
  else abort();
  return false;
}

// A delivery whose offset is in the transaction is acknowledged by its commit.
bool TrialProcessor::commit() {
  for (const Taken& taken : in_transaction_) {
    Event ack = consumer_.ack_of(taken, "commit");
    ack.transaction = transaction_;
    context_.recorder.record(ack);
  }
  record(Phase::commit_invoke);
  const auto answer = consumer_.link().commit(request());
  record(committing.of(answer.outcome), answer.error);
  record_acks(in_transaction_, ack_of(answer.outcome));
  in_transaction_.clear();

  if (answer.fenced) shut_out(answer.error);
  else if (answer.outcome == TransactionOutcome::fail) abort();
  else if (answer.outcome == TransactionOutcome::indeterminate) settle();
  transaction_.clear();
  return answer.outcome == TransactionOutcome::ok;
}

void TrialProcessor::abort() {
  record(Phase::abort_invoke);
  const auto answer = consumer_.link().abort(request());
  record(aborting.of(answer.outcome), answer.error);
  transaction_.clear();
  in_transaction_.clear();
  if (answer.fenced) shut_out(answer.error);
  else if (answer.outcome != TransactionOutcome::ok) settle();
}

// Nobody knows how a transaction ended: until the system has settled it, or has
// shut this incarnation out, there is nothing else to do.
void TrialProcessor::settle() {
  do {
    const auto answer = ask_for_fence();
    if (answer.fenced) shut_out(answer.error);
    if (answer.fenced || answer.outcome == TransactionOutcome::ok) return;
  } while (consumer_.hear(Deadline::in(between_tries)));
}

void TrialProcessor::shut_out(const std::string& error) {
  context_.recorder.record(
      environment_event("warn", context_.configuration.process, name_ + " is shut out and stops working: " + error));
  transaction_.clear();
  in_transaction_.clear();
  consumer_.leave();
}

// The epoch of an incarnation is its number, whatever the system counts.
TransactionAnswer TrialProcessor::ask_for_fence() {
  Event fence{.type = Type::fence, .phase = Phase::invoke};
  fence.name = context_.configuration.process;
  fence.epoch = context_.configuration.incarnation;
  context_.recorder.record(fence);
  const auto answer = consumer_.link().fence(Deadline::in(fence_timeout));
  fence.phase = fencing.of(answer.outcome);
  fence.error = answer.error;
  context_.recorder.record(fence);
  return answer;
}

void TrialProcessor::record(Phase phase, const std::string& error) {
  Event event{.type = Type::transaction, .phase = phase};
  event.transaction = transaction_;
  event.error = error;
  context_.recorder.record(event);
}

void TrialProcessor::record_acks(const std::vector<Taken>& taken, AckOutcome outcome) {
  for (const Taken& one : taken) {
    Event ack = consumer_.ack_of(one, "commit");
    ack.transaction = transaction_;
    consumer_.record_outcome(ack, outcome);
  }
}

Deadline TrialProcessor::request() const { return Deadline::in(request_timeout(context_.configuration)); }

}  // namespace assay
