// The consumers that process a message and then mark it as processed. The steps
// and their order are normative (CONTRACTS 3.3, T3):
//
//     receive · C.received · check mark · effect · C.effect_before_mark · mark ·
//     C.marked_before_ack · ack · C.acked
//
// They differ in where the marks are: in the sink, shared and durable, or in the
// memory of one incarnation. A message that is marked already is acknowledged
// and nothing else.
#include <set>
#include <string>

#include "agents/roles/trial-consumer.hpp"

namespace assay {
namespace {

struct MarksInMemory {
  std::set<std::string> marked;

  bool is_marked(const std::string& identity) const { return marked.contains(identity); }
  void mark(const std::string& identity) { marked.insert(identity); }
};

template <typename Marks>
void process_then_mark(TrialConsumer& consumer, Marks& marks) {
  consumer.run_one_by_one([&](const Taken& taken) {
    if (!marks.is_marked(taken.mark())) {
      consumer.apply(taken, [](Sink& sink, const SinkRow& row) { sink.append(row); });
      consumer.pass(Window::c_effect_before_mark, taken);
      marks.mark(taken.mark());
      consumer.pass(Window::c_marked_before_ack, taken);
    }
    consumer.acknowledge(taken);
    consumer.pass(Window::c_acked, taken);
  });
}

}  // namespace

void dedup_effect_first(const RoleContext& context) {
  TrialConsumer consumer(context);
  process_then_mark(consumer, consumer.marks());
}

void dedup_volatile(const RoleContext& context) {
  TrialConsumer consumer(context);
  MarksInMemory marks;
  process_then_mark(consumer, marks);
}

}  // namespace assay
