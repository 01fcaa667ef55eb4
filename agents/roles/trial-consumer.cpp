#include "agents/roles/trial-consumer.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds open_timeout{10'000};
constexpr milliseconds shortest_quantum{1}, longest_quantum{5};  // how long a command may have to wait

Phase phase_of(AckOutcome outcome) {
  switch (outcome) {
    case AckOutcome::confirmed: return Phase::confirmed;
    case AckOutcome::refused: return Phase::refused;
    case AckOutcome::unconfirmed: return Phase::unconfirmed;
    case AckOutcome::indeterminate: break;
  }
  return Phase::indeterminate;
}

}  // namespace

TrialConsumer::TrialConsumer(const RoleContext& context, Window received)
    : context_(context),
      configuration_(context.configuration),
      received_(received),
      link_(context.system.consumer(link_setup(context))),
      recognition_(recognition_of(configuration_)),
      progress_(context.control, "delivered") {
  if (!configuration_.sink.empty()) sink_.emplace(configuration_.sink);
}

void TrialConsumer::run_one_by_one(const std::function<void(const Taken&)>& process) {
  require_one(context_, "ack_batch", configuration_.ack_batch);
  const auto process_and_tell = [&](const Taken& taken) {
    process(taken);
    tell_if_marker(taken);
  };
  run(process_and_tell, [] {});
}

void TrialConsumer::run(const std::function<void(const Taken&)>& process, const std::function<void()>& settle) {
  open();
  announce_ready_and_await_go(context_);
  auto quantum = shortest_quantum;
  while (!left_ && hear(Deadline::in(milliseconds(0)))) {
    const Received received = link_->receive(Deadline::in(quantum));
    if (received.opened) record_open(*received.opened);
    if (received.delivery) {
      quantum = shortest_quantum;
      take(*received.delivery, process);
    } else {
      quantum = std::min(quantum * 2, longest_quantum);
      note_unanswered(received);
      settle();
    }
    answer_probe(received);
    progress_.report(delivered_);
  }
  if (!left_) settle();
  context_.recorder.record({.type = Type::session, .phase = Phase::close, .session = session_});
  if (left_) await_bye();
}

// The link goes first, so that it holds nothing that others wait for. Who takes
// nothing any more is given nothing, which is what a probe asks.
void TrialConsumer::await_bye() {
  link_.reset();
  const Deadline deadline = Deadline::in(supervisor_silence);
  while (hear(deadline)) {
    if (deadline.passed()) throw std::runtime_error("supervisor said nothing to a consumer that is shut out");
    if (probed_) answer_probe(true, monotonic_ns());
  }
}

void TrialConsumer::pass(Window window, const Taken& taken) {
  if (!is_marker(taken.identity.message)) context_.points.pass(window);
}

AckOutcome TrialConsumer::acknowledge(const Taken& taken, const std::string& kind) {
  const Event ack = ack_of(taken, kind);
  context_.recorder.record(ack);
  const AckOutcome outcome = link_->ack(taken.delivery, Deadline::in(request_timeout(configuration_)));
  record_outcome(ack, outcome);
  return outcome;
}

AckOutcome TrialConsumer::give_back(const Taken& taken, GivingBack how) {
  Event ack = ack_of(taken);
  ack.kind = how == GivingBack::nack ? "nack" : "reject";
  context_.recorder.record(ack);
  const AckOutcome outcome = link_->give_back(taken.delivery, how, Deadline::in(request_timeout(configuration_)));
  ack.phase = phase_of(outcome);
  context_.recorder.record(std::move(ack));
  return outcome;
}

void TrialConsumer::acknowledge(const std::vector<Taken>& batch, const std::function<void(const Taken&)>& then) {
  if (batch.empty()) return;
  if (!link_->acks_together()) {
    for (const Taken& taken : batch) {
      acknowledge(taken);
      then(taken);
    }
    return;
  }
  std::vector<Delivery> deliveries;
  for (const Taken& taken : batch) {
    deliveries.push_back(taken.delivery);
    context_.recorder.record(ack_of(taken));
  }
  const auto outcomes = link_->ack_together(deliveries, Deadline::in(request_timeout(configuration_)));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    record_outcome(ack_of(batch[i]), outcomes.at(i));
    then(batch[i]);
  }
}

Event TrialConsumer::ack_of(const Taken& taken, const std::string& kind) const {
  return {.type = Type::ack,
          .phase = Phase::invoke,
          .copy = taken.delivery.copy,
          .session = taken.delivery.session,
          .tag = taken.delivery.tag,
          .kind = kind};
}

void TrialConsumer::record_outcome(Event ack, AckOutcome outcome) {
  ack.phase = phase_of(outcome);
  ack.kind.clear();
  context_.recorder.record(ack);
}

void TrialConsumer::tell_if_marker(const Taken& taken) {
  const std::string& message = taken.identity.message;
  if (is_marker(message)) context_.control.send({{"type", "seen"}, {"message", message}});
}

void TrialConsumer::apply(const Taken& taken, const std::function<void(Sink&, const SinkRow&)>& put) {
  if (!sink_) return;
  work_on(taken);
  Event effect{.type = Type::effect, .phase = Phase::begin, .message = taken.identity.message, .attempt = taken.identity.attempt};
  context_.recorder.record(effect);
  put(*sink_, row_of(taken));
  effect.phase = Phase::ok;
  context_.recorder.record(effect);
}

// It has not lasted yet when this returns, so nothing more than its beginning is
// on record.
bool TrialConsumer::apply_in_system(const Taken& taken) {
  work_on(taken);
  context_.recorder.record({.type = Type::effect, .phase = Phase::begin, .message = taken.identity.message, .attempt = taken.identity.attempt});
  return link_->put(row_of(taken), taken.delivery, Deadline::in(request_timeout(configuration_)));
}

SinkRow TrialConsumer::row_of(const Taken& taken) const {
  return {.message = taken.identity.message,
          .attempt = taken.identity.attempt.value_or(0),
          .key = taken.identity.key,
          .digest = taken.identity.digest,
          .writer = incarnation_name(configuration_.process, configuration_.incarnation)};
}

// How long it takes is part of the workload; markers are nobody's work.
void TrialConsumer::work_on(const Taken& taken) {
  if (!is_marker(taken.identity.message)) std::this_thread::sleep_for(milliseconds(configuration_.process_ms));
}

Sink& TrialConsumer::marks() {
  if (!sink_) throw std::runtime_error("the role " + configuration_.role + " keeps its marks in the sink: there is none");
  return *sink_;
}

void TrialConsumer::open() {
  const SessionOpened opened = link_->open(Deadline::in(open_timeout));
  record_open(opened);
  for (const std::string& incarnation : configuration_.take_over)
    link_->take_over(incarnation, Deadline::in(open_timeout));
}

void TrialConsumer::take(const Delivery& delivery, const std::function<void(const Taken&)>& process) {
  const Taken taken{delivery, identify(delivery.bytes, configuration_.run, recognition_)};
  record_delivery(taken);
  ++delivered_;
  pass(received_, taken);
  process(taken);
}

void TrialConsumer::record_open(const SessionOpened& opened) {
  session_ = opened.session;
  context_.recorder.record({.type = Type::session,
                            .phase = Phase::open,
                            .channel = configuration_.channel,
                            .session = opened.session,
                            .group = configuration_.group});
}

// A system that may wait before it answers a poll does so for as long as the
// caller lets it, and only then is the answer due. Once for each poll.
void TrialConsumer::note_unanswered(const Received& received) {
  if (!received.unanswered || received.unanswered == unanswered_) return;
  const std::chrono::nanoseconds waited(monotonic_ns() - *received.unanswered);
  if (waited < longest_quantum + request_timeout(configuration_)) return;
  unanswered_ = received.unanswered;
  context_.recorder.record(
      {.type = Type::session, .phase = Phase::indeterminate, .session = session_, .asked = received.unanswered});
}

void TrialConsumer::record_delivery(const Taken& taken) {
  const auto& [delivery, identity] = taken;
  Event event{.type = Type::deliver,
              .message = identity.message,
              .key = identity.key,
              .digest = identity.digest,
              .attempt = identity.attempt,
              .copy = delivery.copy,
              .session = delivery.session,
              .tag = delivery.tag,
              .redelivered = delivery.redelivered,
              .count = delivery.count};
  if (delivery.asked != 0) event.asked = delivery.asked;  // a push system has no poll
  context_.recorder.record(std::move(event));
}

bool TrialConsumer::hear(Deadline deadline) {
  if (bye_) return false;
  const auto command = context_.control.receive(deadline);
  if (!command) return true;
  const auto& type = command->at("type");
  bye_ = type == "bye";
  if (bye_) return false;
  if (type != "probe") reject(*command);
  probed_ = monotonic_ns();
  return true;
}

// What counts is a poll that began after the command and was answered.
void TrialConsumer::answer_probe(const Received& received) {
  const bool empty = received.answered_empty && received.answered_empty > probed_ && !received.delivery;
  if (probed_ && (empty || received.delivery)) answer_probe(empty, received.answered_empty);
}

void TrialConsumer::answer_probe(bool empty, std::optional<std::int64_t> asked) {
  Event probe{.type = Type::drain, .phase = Phase::probe, .empty = empty};
  if (empty) probe.asked = asked;
  probed_.reset();
  context_.recorder.record(std::move(probe));
  context_.control.send({{"type", "probed"}, {"empty", empty}});
}

}  // namespace assay
