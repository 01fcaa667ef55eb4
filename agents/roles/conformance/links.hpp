// Links as the checks of conformance use them: one call, and what came of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"

namespace assay::conformance {

class Sender {
 public:
  explicit Sender(std::unique_ptr<ProducerLink> link) : link_(std::move(link)) {}

  // Hands it over and returns its ticket.
  std::int64_t submit(OutgoingMessage message, Deadline deadline);

  // Until every ticket is answered that was not given up, or the deadline.
  void await_answers(Deadline deadline);

  // Submits and waits for this one; nothing when there is no answer in time.
  std::optional<SendAnswer> send(OutgoingMessage message, Deadline deadline);

  // Of those that were submitted. A ticket that was ever answered ok stays ok.
  std::optional<SendAnswer> answer_to(std::int64_t ticket) const;

  void abandon();

 private:
  void take();

  std::unique_ptr<ProducerLink> link_;
  std::int64_t tickets_ = 0;
  std::set<std::int64_t> open_;
  std::map<std::int64_t, SendAnswer> answers_;
};

// The next delivery, or nothing by the deadline.
std::optional<Delivery> next_delivery(ConsumerLink& link, Deadline deadline);

// All that the auditor sees.
std::vector<StoredCopy> listed(AuditLink& auditor, Deadline deadline);

// Of deliveries or of stored copies.
template <typename Copies>
std::vector<std::string> bytes_of(const Copies& copies) {
  std::vector<std::string> bytes;
  for (const auto& copy : copies) bytes.push_back(copy.bytes);
  return bytes;
}

std::string word(const std::optional<SendAnswer>& answer);  // "ok", "fail: WHY", "no answer"
std::string word(AckOutcome outcome);
std::string word(const Backlog& backlog);  // "ready 2, leased 1"

// The bytes as one can print them.
std::string printed(const std::string& bytes);

}  // namespace assay::conformance
