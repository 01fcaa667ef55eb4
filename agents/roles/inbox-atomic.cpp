// The inbox done right: mark and effect are one transaction, and the mark is
// unique. The steps and their order are normative (CONTRACTS 3.3, T3):
//
//     receive · C.received · BEGIN · C.tx_open · INSERT mark, effect, COMMIT ·
//     C.tx_committed_before_ack · ack · C.acked
//
// BEGIN reads and locks nothing, so one that is stopped at C.tx_open keeps
// nobody out, and its INSERT sees what others have committed since. A message
// whose mark is there already is acknowledged and nothing else: its effect was
// not even tried, and no effect is on record.
#include "agents/roles/trial-consumer.hpp"

namespace assay {
namespace {

// False: the message is marked already.
bool process_once(TrialConsumer& consumer, Sink& inbox, const Taken& taken) {
  SinkTransaction transaction(inbox);
  consumer.pass(Window::c_tx_open, taken);
  if (!inbox.mark(taken.mark())) return false;
  consumer.apply(taken, [&](Sink& sink, const SinkRow& row) {
    sink.append(row);
    transaction.commit();
  });
  return true;
}

}  // namespace

void inbox_atomic(const RoleContext& context) {
  TrialConsumer consumer(context);
  Sink& inbox = consumer.marks();
  consumer.run_one_by_one([&](const Taken& taken) {
    if (process_once(consumer, inbox, taken)) consumer.pass(Window::c_tx_committed_before_ack, taken);
    consumer.acknowledge(taken);
    consumer.pass(Window::c_acked, taken);
  });
}

}  // namespace assay
