// What the system says that it owes, and what it remembers after a kill. A
// backlog that reads empty while a message is leased ends a drain too early, and
// a message that is on its way then counts as lost.
#include <set>
#include <stdexcept>

#include "agents/roles/conformance/conformance.hpp"

namespace assay::conformance {
namespace {

std::int64_t owed(const Backlog& backlog) { return backlog.ready + backlog.leased + backlog.delayed + backlog.prepared; }

// Where acks are not answered the system may hear of one a moment later.
Backlog backlog_of(Examination& examination, AuditLink& auditor, std::int64_t expected) {
  const auto deadline = examination.patience();
  auto backlog = auditor.backlog(deadline);
  while (!examination.declares("ack_answered", "true") && owed(backlog) != expected && !deadline.passed())
    backlog = auditor.backlog(deadline);
  return backlog;
}

bool hold_backlog(Examination& examination, AuditLink& auditor, std::int64_t expected, const std::string& when) {
  const auto backlog = backlog_of(examination, auditor, expected);
  const auto line = when + ", " + std::to_string(expected) + " are owed: " + word(backlog);
  const bool right = owed(backlog) == expected;
  examination.saw("backlog", right ? examination.declared("backlog") : word(backlog), line);
  return right;
}

Delivery must_receive(Examination& examination, ConsumerLink& consumer, const std::string& what) {
  const auto delivery = next_delivery(consumer, examination.patience());
  if (!delivery) throw std::runtime_error("receive " + what + ": nothing was delivered");
  return *delivery;
}

// The consumer comes last: one that is pushed to may hold messages unasked.
void count_through(Examination& examination) {
  const auto channel = examination.channel();
  auto consumer = channel.consumer("consumer-0#1");
  if (!examination.acknowledges()) consumer.reset();
  auto sender = channel.sender();
  const auto auditor = channel.auditor();
  for (const auto* bytes : {"one", "two", "three"}) examination.send(sender, bytes);
  if (!hold_backlog(examination, *auditor, 3, "three sent")) return;
  if (examination.acknowledges()) {
    const auto held = must_receive(examination, *consumer, "the first of three");
    if (!hold_backlog(examination, *auditor, 3, "three sent, one of them received")) return;
    consumer->ack(held, examination.patience());
    if (!hold_backlog(examination, *auditor, 2, "three sent, one of them acknowledged")) return;
    examination.take(*consumer, 2);
  } else {
    consumer = channel.consumer("consumer-0#1");
    examination.take(*consumer, 3);
  }
  hold_backlog(examination, *auditor, 0, "three sent, all of them done");
}

std::set<std::string> messages_in(const std::vector<Delivery>& deliveries) {
  std::set<std::string> messages;
  for (const auto& one : deliveries) messages.insert(one.bytes);
  return messages;
}

// "done" is acknowledged, "held" is leased, and "last" is the last thing the
// server was asked to keep: where that is gone, these settings keep nothing.
std::unique_ptr<ConsumerLink> leave_three(Examination& examination, const Channel& channel) {
  auto consumer = channel.consumer("consumer-0#1");
  auto sender = channel.sender();
  examination.send(sender, "done");
  consumer->ack(must_receive(examination, *consumer, "the first of three"), examination.patience());
  examination.send(sender, "held");
  must_receive(examination, *consumer, "the second of three");
  examination.send(sender, "last");
  return consumer;
}

void hold_backlog_after_kill(Examination& examination, const Backlog& counted, const std::set<std::string>& offered) {
  const bool both = owed(counted) == 2 && offered.contains("last");  // the other may be leased until a timer ends
  const bool right = both || owed(counted) == static_cast<std::int64_t>(offered.size());
  examination.saw("backlog", right ? examination.declared("backlog") : word(counted),
                  "right after a kill and a restart: " + word(counted) + "; then " + std::to_string(offered.size()) +
                      " were offered, of two that were owed");
}

void hold_messages_after_kill(Examination& examination, const std::set<std::string>& offered) {
  if (!offered.contains("last"))
    return examination.not_checked("ack", "what was sent last before a kill is gone with it: these settings do not keep it");
  if (examination.takes_over_now())
    examination.saw("kept", "what was leased", offered.contains("held") ? "what was leased" : "not what was leased",
                    "a message that was received before a kill, and the one sent after it, which was kept");
  examination.saw("ack", offered.contains("done") ? "offered again" : examination.declared("ack"),
                  "a message that was acknowledged, after a kill and a restart of the server");
}

}  // namespace

void check_backlog(Examination& examination) {
  if (!examination.declares("backlog", "authoritative"))
    return examination.not_checked("backlog", "it is declared as \"" + examination.declared("backlog") + "\": no verdict rests on it");
  examination.check("backlog", [&] { count_through(examination); });
}

void check_restart(Examination& examination) {
  if (!examination.acknowledges())
    return examination.not_checked("ack", "after a kill and a restart: nothing is acknowledged");
  examination.check("ack", [&] {
    const auto channel = examination.channel();
    auto consumer = leave_three(examination, channel);
    examination.server("kill");
    examination.server("heal");
    const bool counts = examination.declares("backlog", "authoritative");
    const auto counted = counts ? channel.auditor()->backlog(examination.patience()) : Backlog{};
    consumer.reset();

    const auto successor = examination.successor(channel, "consumer-0#1", "consumer-0#2");
    const auto offered = messages_in(examination.take(*successor, 2));
    if (counts) hold_backlog_after_kill(examination, counted, offered);
    hold_messages_after_kill(examination, offered);
  });
}

}  // namespace assay::conformance
