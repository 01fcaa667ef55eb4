// What a link tells beside its results.
#pragma once

#include <string>
#include <utility>

#include "agents/roles/system.hpp"

namespace assay {

// Tells a notice once while it stays the same: a server whose disk is full
// refuses every message.
class Teller {
 public:
  explicit Teller(NoticeSink sink) : sink_(std::move(sink)) {}

  void tell(const std::string& level, const std::string& line) {
    if (std::exchange(last_, line) != line) tell_always(level, line);
  }
  void tell_always(const std::string& level, const std::string& line) {
    if (sink_) sink_({level, line});
  }

 private:
  NoticeSink sink_;
  std::string last_;
};

}  // namespace assay
