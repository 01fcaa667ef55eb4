// How often a message is stored that is sent twice, and asks to be stored once.
#include <algorithm>
#include <functional>
#include <vector>

#include "agents/roles/conformance/conformance.hpp"

namespace assay::conformance {
namespace {

struct Twice {
  std::string way;  // as describe names it
  std::function<void(OutgoingMessage&, std::int64_t number)> ask;
};

const std::vector<Twice>& ways_to_ask() {
  static const std::vector<Twice> ways{
      {"id", [](OutgoingMessage& message, std::int64_t number) { message.dedup_id = "id-" + std::to_string(number); }},
      {"session-sequence", [](OutgoingMessage& message, std::int64_t number) {
         message.dedup_session = "session-1";
         message.dedup_sequence = number;
       }}};
  return ways;
}

std::string times(std::int64_t count) {
  if (count == 1) return "once";
  return count == 0 ? "never" : count == 2 ? "twice" : std::to_string(count) + " times";
}

std::string times_among(const std::vector<std::string>& found, const std::string& bytes) {
  return times(std::count(found.begin(), found.end(), bytes));
}

void send_twice(Examination& examination, const Twice& twice) {
  const bool declared = examination.declares("dedup", twice.way);
  const auto channel = examination.channel();
  const auto consumer = channel.consumer("consumer-0#1");
  auto sender = channel.sender();
  const auto send = [&](const std::string& bytes, std::int64_t number) {
    OutgoingMessage message{.bytes = bytes, .key = "k"};
    twice.ask(message, number);
    return sender.send(message, examination.patience());
  };
  const auto first = send("the same", 1), second = send("the same", 1), next = send("the next", 2);

  const auto answers = word(first) + "; " + word(second) + "; the next one: " + word(next);
  const std::string expected = declared ? "once" : "twice";
  const auto hold = [&](const std::vector<std::string>& found, const std::string& where) {
    examination.saw("dedup", twice.way + ": " + expected, twice.way + ": " + times_among(found, "the same"),
                    "sent twice, as it was " + where + ": " + answers);
    if (declared)
      examination.saw("dedup", "the next one: once", "the next one: " + times_among(found, "the next"), "sent behind it, as it was " + where);
  };
  hold(bytes_of(examination.take(*consumer, declared ? 2 : 3)), "delivered");
  if (examination.declares("lists_stored", "true")) hold(bytes_of(listed(*channel.auditor(), examination.patience())), "listed");
  if (!declared || !examination.declares("send_answered", "true")) return;
  const bool both = second && second->outcome == SendOutcome::ok && next && next->outcome == SendOutcome::ok;
  examination.saw("dedup", twice.way + ": ok", both ? twice.way + ": ok" : word(second), "the answers: " + answers);
}

}  // namespace

void check_dedup(Examination& examination) {
  for (const auto& way : ways_to_ask()) examination.check("dedup", [&] { send_twice(examination, way); });
}

}  // namespace assay::conformance
