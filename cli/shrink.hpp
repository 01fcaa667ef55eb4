// The smallest plan that still violates as a finding does. One thing is made
// smaller at a time, and what still fails is kept: after Zeller and Hildebrandt,
// "Simplifying and Isolating Failure-Inducing Input" (2002), over the values of a
// plan instead of its parts, so that every candidate is a plan (CONTRACTS 4.9).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/plan.hpp"

namespace assay {

// Whether this plan violates in the same way: at least once of so many runs, or,
// `surely`, in every one. Called at most some hundred times.
using StillFails = std::function<bool(const RunPlan& plan, bool surely)>;

struct Shrunk {
  RunPlan plan;
  std::vector<std::string> steps;  // "workload.messages 100 -> 2"
  std::vector<std::string> sets;   // what the workload differs by, as --set takes it: "workload.messages=2"
  std::int64_t tried = 0;          // plans
};

// `plan` is aimed at one fault and violates; `control` is its trial without the
// fault, of which windows and how often they were passed are looked at; `cell`
// where a random fault struck. What violates `surely` is not given up for
// something smaller that does so now and then.
Shrunk shrink(const RunPlan& plan, const Judgement& control, const std::string& cell, bool surely, const StillFails& fails);

// How often a plan that violates with this probability has to be run until one
// can say that a smaller one does not: all but a thousandth of all cases.
std::int64_t tries_for(std::int64_t violated, std::int64_t of);

}  // namespace assay
