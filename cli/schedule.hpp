// Decides which trials a run consists of, round by round: the control trial,
// the faults that the floors demand, and more until they hold. What it decides
// depends on plan, seed and the judgements of earlier rounds, never on time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/plan.hpp"

namespace assay {

struct PlannedTrial {
  std::int64_t number = 0;  // from 1 through the run
  std::optional<PlannedFault> fault;  // none: the control trial
  std::int64_t repeats = 0;           // the trial that this one runs again; 0: none

  bool operator==(const PlannedTrial&) const = default;
};

inline constexpr std::int64_t trial_limit = 500;  // of one run, beyond which no floor is chased; a bound comes on top

class Schedule {
 public:
  explicit Schedule(const RunPlan& plan) : plan_(plan) {}

  // The trials to run next, given all judgements so far; empty: the plan is done.
  std::vector<PlannedTrial> next_round(const std::vector<Judgement>& judgements);

  // "57 repeats 12 (kill:broker@random#4): it did not land ..." for the report.
  const std::vector<std::string>& repeated() const { return repeated_; }

 private:
  std::vector<PlannedTrial> repeats(const std::vector<Judgement>& judgements);
  int tries_of(const PlannedTrial& trial) const;
  std::optional<PlannedFault> aimed_lower(std::optional<PlannedFault> fault, const Judgement& missed);
  std::int64_t reach(const Judgement& control, const std::vector<std::string>& agents, const std::string& agent,
                     const std::string& window) const;
  std::vector<PlannedTrial> first_faults(const Judgement& control);
  std::vector<PlannedTrial> further_faults(const std::vector<Judgement>& judgements);
  std::int64_t limit(const Judgement& control) const;
  std::int64_t lacking(const Cell& cell) const;
  void add_directed(std::vector<PlannedTrial>& round, const Judgement& control, const Cell& cell, std::int64_t wanted);
  void add_every_occurrence(std::vector<PlannedTrial>& round, const Judgement& control, const Cell& cell);
  std::vector<std::string> those_that_passed(const Judgement& control, const std::string& role, const std::string& window) const;
  std::string other_target(const std::string& role, std::int64_t turn) const;
  void add_random(std::vector<PlannedTrial>& round, std::int64_t per_target);
  PlannedTrial& add(std::vector<PlannedTrial>& round, std::optional<PlannedFault> fault);

  const RunPlan& plan_;
  bool started_ = false, faulted_ = false;
  std::size_t seen_ = 0;  // judgements already looked at for repeats
  std::map<std::int64_t, PlannedTrial> planned_;
  std::map<std::string, std::int64_t> lowest_;    // passes where a trigger was not reached, by agent and window
  std::map<std::string, std::int64_t> per_cell_;  // directed faults planned so far
  std::map<std::string, std::set<std::int64_t>> occurrences_;  // of directed faults so far, by kind, target and agent
  std::map<std::string, std::int64_t> random_;    // random faults per target so far
  std::vector<std::string> repeated_;
};

}  // namespace assay
