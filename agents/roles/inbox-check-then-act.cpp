// The inbox with a hole: it looks for the mark in one transaction and writes
// effect and mark in another, and nothing keeps a second mark out. The steps and
// their order are normative (CONTRACTS 3.3, T3):
//
//     receive · C.received · check mark · C.tx_open · transaction {effect, mark} ·
//     C.tx_committed_before_ack · ack · C.acked
//
// To check inside the second transaction would hide the hole: SQLite refuses a
// writer whose snapshot is old.
#include "agents/roles/trial-consumer.hpp"

namespace assay {

void inbox_check_then_act(const RoleContext& context) {
  TrialConsumer consumer(context);
  Sink& inbox = consumer.marks();
  consumer.run_one_by_one([&](const Taken& taken) {
    if (!inbox.is_marked(taken.mark())) {
      consumer.pass(Window::c_tx_open, taken);
      consumer.apply(taken, [&](Sink& sink, const SinkRow& row) {
        SinkTransaction transaction(sink);
        sink.append(row);
        sink.mark_loosely(taken.mark());
        transaction.commit();
      });
      consumer.pass(Window::c_tx_committed_before_ack, taken);
    }
    consumer.acknowledge(taken);
    consumer.pass(Window::c_acked, taken);
  });
}

}  // namespace assay
