// What becomes of a delivery that is given back: after a nack it comes again,
// after a reject it does not, and lies among the dead letters where those are
// listed.
#include <thread>

#include "agents/roles/conformance/conformance.hpp"

namespace assay::conformance {
namespace {

std::optional<Delivery> given_back(Examination& examination, ConsumerLink& consumer, const Channel& channel, GivingBack how) {
  auto sender = channel.sender();
  examination.send(sender, how == GivingBack::nack ? "again" : "aside");
  const auto delivery = next_delivery(consumer, examination.patience());
  if (!delivery) return std::nullopt;
  consumer.give_back(*delivery, how, examination.patience());
  return delivery;
}

bool comes_again(Examination& examination) {
  const auto channel = examination.channel();
  const auto consumer = channel.consumer("consumer-0#1");
  const auto first = given_back(examination, *consumer, channel, GivingBack::nack);
  if (!first) return false;
  const auto again = next_delivery(*consumer, examination.patience());
  if (again) consumer->ack(*again, examination.patience());
  return again && again->bytes == first->bytes;
}

// Setting aside may take its time.
bool is_dead_letter(Examination& examination, const Channel& channel, const std::string& bytes) {
  const auto auditor = channel.auditor();
  const auto deadline = examination.patience();
  bool listed = false;
  do {
    auditor->scan_dead_letters([&](const StoredCopy& letter) { listed |= letter.bytes == bytes; }, examination.patience());
    if (!listed) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  } while (!listed && !deadline.passed());
  return listed;
}

}  // namespace

void check_giving_back(Examination& examination) {
  examination.check("give_back", [&] {
    std::string seen;
    if (examination.declares("give_back", "nack") && comes_again(examination)) seen = "nack";
    if (examination.declares("give_back", "reject")) {
      const auto channel = examination.channel();
      const auto consumer = channel.consumer("consumer-0#1");
      const auto rejected = given_back(examination, *consumer, channel, GivingBack::reject);
      if (rejected && !next_delivery(*consumer, Examination::quiet())) seen += seen.empty() ? "reject" : ", reject";
      if (examination.declares("dead_letters", "true"))
        examination.saw("dead_letters", rejected && is_dead_letter(examination, channel, rejected->bytes) ? "true" : "false",
                        "one message that was rejected");
    }
    examination.saw("give_back", seen.empty() ? "none" : seen, "a nack: it comes again; a reject: it does not");
  });
}

}  // namespace assay::conformance
