// The consumer that processes first and acknowledges afterwards. The steps and
// their order are normative (CONTRACTS 3.3, T3):
//
//     receive · C.received · effect · C.effect_before_ack · ack · C.acked
//
// An acknowledgement that is not answered is never retried; the delivery is
// dropped. With ack_batch > 1 the deliveries of a batch go as far as
// C.effect_before_ack, then they are acknowledged one by one; a receive that
// finds nothing ends a batch early.
#include <chrono>
#include <optional>
#include <vector>

#include "agents/roles/role.hpp"
#include "agents/sink/sink.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds open_timeout{10'000};
constexpr milliseconds receive_quantum{5};  // how long a command may have to wait

struct Processed {
  Delivery delivery;
  std::string message;  // empty: an alien
};

Phase phase_of(AckOutcome outcome) {
  switch (outcome) {
    case AckOutcome::confirmed: return Phase::confirmed;
    case AckOutcome::refused: return Phase::refused;
    case AckOutcome::unconfirmed: return Phase::unconfirmed;
    case AckOutcome::indeterminate: break;
  }
  return Phase::indeterminate;
}

class ProcessingConsumer {
 public:
  explicit ProcessingConsumer(const RoleContext& context)
      : context_(context),
        configuration_(context.configuration),
        link_(context.system.consumer(link_setup(context))),
        progress_(context.control, "delivered") {
    if (!configuration_.sink.empty()) sink_.emplace(configuration_.sink);
  }

  void run() {
    const SessionOpened opened = link_->open(Deadline::in(open_timeout));
    record_open(opened);
    for (const std::string& incarnation : configuration_.take_over)
      link_->take_over(incarnation, Deadline::in(open_timeout));
    announce_ready_and_await_go(context_);
    while (!bye()) take_one();
    acknowledge_batch();
    context_.recorder.record({.type = Type::session, .phase = Phase::close, .session = session_});
  }

 private:
  void take_one() {
    const Received received = link_->receive(Deadline::in(receive_quantum));
    if (received.opened) record_open(*received.opened);
    if (received.delivery) process(*received.delivery);
    const bool full = static_cast<std::int64_t>(batch_.size()) >= configuration_.ack_batch;
    if (full || !received.delivery) acknowledge_batch();
    progress_.report(delivered_);
  }

  void process(const Delivery& delivery) {
    const Identity identity = identify(delivery.bytes, configuration_.run);
    record_delivery(delivery, identity);
    ++delivered_;
    pass(Window::c_received, identity.message);
    if (sink_) put_into_sink(identity);
    pass(Window::c_effect_before_ack, identity.message);
    batch_.push_back({delivery, identity.message});
  }

  void put_into_sink(const Identity& identity) {
    Event effect{.type = Type::effect, .phase = Phase::begin, .message = identity.message, .attempt = identity.attempt};
    context_.recorder.record(effect);
    sink_->append({.message = identity.message,
                   .attempt = identity.attempt.value_or(0),
                   .key = identity.key,
                   .digest = identity.digest,
                   .writer = incarnation_name(configuration_.process, configuration_.incarnation)});
    effect.phase = Phase::ok;
    context_.recorder.record(effect);
  }

  void acknowledge_batch() {
    for (const Processed& processed : batch_) acknowledge(processed);
    batch_.clear();
  }

  void acknowledge(const Processed& processed) {
    const Delivery& delivery = processed.delivery;
    Event ack{.type = Type::ack,
              .phase = Phase::invoke,
              .copy = delivery.copy,
              .session = delivery.session,
              .tag = delivery.tag,
              .kind = "ack"};
    context_.recorder.record(ack);
    ack.phase = phase_of(link_->ack(delivery, Deadline::in(request_timeout(configuration_))));
    ack.kind.clear();
    context_.recorder.record(ack);
    pass(Window::c_acked, processed.message);
    if (is_marker(processed.message)) context_.control.send({{"type", "seen"}, {"message", processed.message}});
  }

  // Markers pass crash points unmarked.
  void pass(Window window, const std::string& message) {
    if (!is_marker(message)) context_.points.pass(window);
  }

  void record_open(const SessionOpened& opened) {
    session_ = opened.session;
    context_.recorder.record({.type = Type::session,
                              .phase = Phase::open,
                              .channel = configuration_.channel,
                              .session = opened.session,
                              .group = configuration_.group});
  }

  void record_delivery(const Delivery& delivery, const Identity& identity) {
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

  bool bye() {
    const auto command = context_.control.receive(Deadline::in(milliseconds(0)));
    if (!command) return false;
    if (command->at("type") != "bye") reject(*command);
    return true;
  }

  const RoleContext& context_;
  const AgentConfiguration& configuration_;
  std::unique_ptr<ConsumerLink> link_;
  std::optional<Sink> sink_;
  Progress progress_;

  std::string session_;
  std::vector<Processed> batch_;  // processed and not yet acknowledged
  std::int64_t delivered_ = 0;
};

}  // namespace

void acknowledge_after_process(const RoleContext& context) { ProcessingConsumer(context).run(); }

}  // namespace assay
