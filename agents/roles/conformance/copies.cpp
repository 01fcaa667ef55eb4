// What becomes of a message on its way: its bytes, the name of its copy, and
// whether the auditor sees it.
#include <algorithm>
#include <vector>

#include "agents/roles/conformance/conformance.hpp"

namespace assay::conformance {
namespace {

struct Sent {
  std::string bytes, key;
  std::string copy = {};  // as the answer named it
};

std::vector<Sent> hard_to_carry() {
  return {{"plain", "k"},
          {std::string("a\0b\0", 4), "k"},
          {"one\r\ntwo\r\n", "k"},
          {"\xff\xfe\x80", "k"},
          {"no key", ""}};
}

// What of this list is not in that one, as one can print it.
std::string missing_of(const std::vector<Sent>& sent, const std::vector<std::string>& found) {
  std::string missing;
  for (const auto& one : sent)
    if (std::find(found.begin(), found.end(), one.bytes) == found.end())
      missing += (missing.empty() ? "" : ", ") + printed(one.bytes);
  return missing;
}

// Where both have a name, the answer's copy is the one that was listed or delivered.
template <typename Copies>
bool named_alike(const std::vector<Sent>& sent, const Copies& copies) {
  return std::all_of(sent.begin(), sent.end(), [&](const Sent& one) {
    return std::all_of(copies.begin(), copies.end(), [&](const auto& copy) {
      return copy.bytes != one.bytes || copy.copy.empty() || one.copy.empty() || copy.copy == one.copy;
    });
  });
}

void hold_list(Examination& examination, AuditLink& auditor, const std::vector<Sent>& sent, const std::string& when) {
  const auto copies = listed(auditor, examination.patience());
  const auto missing = missing_of(sent, bytes_of(copies));
  examination.saw("lists_stored", missing.empty() ? "true" : "false",
                  "the list " + when + " has " + (missing.empty() ? "all " + std::to_string(sent.size()) : "not " + missing));
  examination.saw("copy", "one name", named_alike(sent, copies) ? "one name" : "several", "copies in the list and in the answers");
}

void hold_deliveries(Examination& examination, const std::vector<Sent>& sent, const std::vector<Delivery>& deliveries) {
  const auto missing = missing_of(sent, bytes_of(deliveries));
  examination.saw("bytes", "the same", missing.empty() ? "the same" : "others",
                  "five messages, with NUL, CRLF, 0xff and no key among them: " +
                      (missing.empty() ? "all delivered" : "not delivered: " + missing));
  examination.saw("bytes", "five deliveries", deliveries.size() == sent.size() ? "five deliveries" : std::to_string(deliveries.size()),
                  "the same five to one consumer");
  if (sent.front().copy.empty()) return examination.not_checked("copy", "the answers name no copies");
  examination.saw("copy", "one name", named_alike(sent, deliveries) ? "one name" : "several",
                  "copies in the deliveries and in the answers");
}

}  // namespace

void check_copies(Examination& examination) {
  examination.check("bytes", [&] {
    const auto channel = examination.channel();
    const auto consumer = channel.consumer("consumer-0#1");
    auto sender = channel.sender();
    auto sent = hard_to_carry();
    for (auto& one : sent) one.copy = examination.send(sender, one.bytes, one.key);
    const bool lists = examination.declares("lists_stored", "true");
    if (!lists) examination.not_checked("lists_stored", "the auditor is not declared to list anything");
    const auto auditor = channel.auditor();
    if (lists) hold_list(examination, *auditor, sent, "before they are delivered");
    hold_deliveries(examination, sent, examination.take(*consumer, sent.size()));
    if (lists) hold_list(examination, *auditor, sent, "after they are acknowledged");
  });
}

}  // namespace assay::conformance
