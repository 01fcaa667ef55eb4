// What every consumer of a trial does, whatever its strategy: it opens its
// session, takes over from the dead, hears the supervisor, and puts deliveries,
// effects and acknowledgements on record. A strategy is a file of its own with
// the steps of one message.
//
// The steps of all of them begin with: receive · C.received, or K.polled. An
// acknowledgement that is not answered is never retried, and the delivery is
// dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agents/roles/role.hpp"
#include "agents/sink/sink.hpp"

namespace assay {

// A delivery that is on record.
struct Taken {
  Delivery delivery;
  Identity identity;

  // What makes two deliveries the same message to a consumer that processes
  // each once. Aliens go by their bytes, so that none hides another.
  const std::string& mark() const { return identity.message.empty() ? identity.digest : identity.message; }
};

class TrialConsumer {
 public:
  // `received`: the window that is passed with a delivery in hand.
  explicit TrialConsumer(const RoleContext& context, Window received = Window::c_received);

  // Hands over one delivery after the other until bye. A marker counts as seen
  // when `process` returns. Throws unless ack_batch is 1.
  void run_one_by_one(const std::function<void(const Taken&)>& process);

  // The same for a strategy that keeps deliveries and says itself what is seen.
  // `settle`: nothing more is there for now, or for good.
  void run(const std::function<void(const Taken&)>& process, const std::function<void()>& settle);

  // Markers pass crash points unmarked.
  void pass(Window window, const Taken& taken);

  // One try, on record with its outcome.
  AckOutcome acknowledge(const Taken& taken, const std::string& kind = "ack");
  AckOutcome give_back(const Taken& taken, GivingBack how);

  // One try each, in one step where the system has one, else one after the
  // other. `then`: what follows the outcome of each.
  void acknowledge(const std::vector<Taken>& batch, const std::function<void(const Taken&)>& then);

  void tell_if_marker(const Taken& taken);

  // Puts an effect on record around `put`, which has to make it last. Without a
  // sink there are no effects.
  void apply(const Taken& taken, const std::function<void(Sink&, const SinkRow&)>& put);

  // The same in the system itself, in the transaction that holds the delivery.
  // False: that transaction is gone.
  bool apply_in_system(const Taken& taken);

  // Where marks are kept. Throws when the trial has no sink.
  Sink& marks();

  // For who asks more of the system than the above.
  ConsumerLink& link() { return *link_; }
  SinkRow row_of(const Taken& taken) const;
  Event ack_of(const Taken& taken, const std::string& kind = "ack") const;
  void record_outcome(Event ack, AckOutcome outcome);
  void work_on(const Taken& taken);

  // Takes what the supervisor says by the deadline. False: bye.
  bool hear(Deadline deadline);

  // Nothing is taken any more; what is left to do is to hear bye. For the end of
  // an incarnation that a later one has shut out.
  void leave() { left_ = true; }

 private:
  void open();
  void take(const Delivery& delivery, const std::function<void(const Taken&)>& process);
  void record_open(const SessionOpened& opened);
  void record_delivery(const Taken& taken);
  void note_unanswered(const Received& received);
  void await_bye();
  void answer_probe(const Received& received);
  void answer_probe(bool empty, std::optional<std::int64_t> asked);

  const RoleContext& context_;
  const AgentConfiguration& configuration_;
  Window received_;
  std::unique_ptr<ConsumerLink> link_;
  std::optional<Sink> sink_;
  std::optional<Recognition> recognition_;
  Progress progress_;

  std::string session_;
  std::int64_t delivered_ = 0;
  bool bye_ = false, left_ = false;
  std::optional<std::int64_t> unanswered_;  // when the poll began that was noted last as unanswered
  std::optional<std::int64_t> probed_;      // when the supervisor asked whether anything is there
};

}  // namespace assay
