// What every producer's link keeps for its role, whatever its system.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agents/roles/system.hpp"

namespace assay {

// The answers that the role has not taken yet.
class Answers {
 public:
  void add(SendAnswer answer) { all_.push_back(std::move(answer)); }

  // Definite: not a byte of it was written.
  void not_sent(std::int64_t ticket, const std::string& why) { add({ticket, SendOutcome::fail, "", "not sent: " + why}); }

  // It was under way when the connection ended.
  void connection_lost(std::int64_t ticket, const std::string& why) {
    add({ticket, SendOutcome::indeterminate, "", "connection lost: " + why});
  }

  bool empty() const { return all_.empty(); }

  // What they come to. A system that never answers has done with a message what
  // it ever will once that has gone out.
  Waiting waiting() const {
    if (all_.empty()) return Waiting::nothing;
    const bool applied = std::any_of(all_.begin(), all_.end(), [](const SendAnswer& answer) {
      return answer.outcome == SendOutcome::ok || answer.outcome == SendOutcome::unconfirmed;
    });
    return applied ? Waiting::answer : Waiting::lost;
  }

  std::vector<SendAnswer> take() { return std::exchange(all_, {}); }
  void clear() { all_.clear(); }

 private:
  std::vector<SendAnswer> all_;
};

}  // namespace assay
