// When a trial has come to rest: the system owes nothing to anybody any more, as
// far as it can tell and, where it cannot, as far as its consumers hear
// (CONTRACTS 2.4).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "cli/trial-fault.hpp"
#include "cli/trial-processes.hpp"
#include "cli/trial.hpp"

namespace assay {

// How long the system has owed nothing: so often in a row, and for so long
// between the answer to the first question and the last question.
class Rest {
 public:
  Rest(int times, std::chrono::milliseconds span) : times_(times), span_ns_(std::chrono::nanoseconds(span).count()) {}

  void ask();
  bool answered(bool empty);  // the same answer
  void disturbed() { in_a_row_ = 0; }
  bool long_enough() const { return in_a_row_ >= times_ && asked_ns_ - begun_ns_ >= span_ns_; }

 private:
  int times_;
  std::int64_t span_ns_;
  int in_a_row_ = 0;
  std::int64_t asked_ns_ = 0, begun_ns_ = 0;
};

class RestWatch {
 public:
  struct World {
    const TrialSetup& setup;
    TrialProcesses& processes;
    const TrialFault& fault;
    std::function<SupervisedAgent&()> auditor;
  };
  explicit RestWatch(World world) : world_(std::move(world)) {}

  // Whether consumers have to be asked because the system cannot tell what it owes.
  bool by_silence() const { return !world_.setup.plan.terms.ground.backlog_authoritative; }

  // What has to be seen of this system while all agents work, and of what stands
  // around a pipeline once nobody sends any more.
  Rest while_working() const;
  Rest while_draining() const;

  // One question. When the system owes something, waits a moment before anyone
  // asks again, longer each time.
  bool owes_nothing(Rest& rest);
  void ask_soon() { pause_ = std::chrono::milliseconds(1); }  // starts again with the shortest moment

  // What the system itself says.
  bool backlog_is_empty();

  // A dead incarnation is asked nothing any more, a zombie nothing before it is
  // continued.
  bool is_asked(const SupervisedAgent& agent) const;

  void pause_for(std::chrono::milliseconds span);

 private:
  bool has_received_more();
  bool consumers_hear_nothing();

  World world_;
  std::chrono::milliseconds pause_{1};
  std::uint64_t received_bytes_ = 0;
};

}  // namespace assay
