// What a foreign history carries, and so what can be judged of it. CONTRACTS 2.8:
// nothing is held against a history that it cannot tell.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "checker/history/plain-lines.hpp"
#include "checker/judge.hpp"

namespace assay {

struct Carried {
  bool deliveries = false, effects = false, copies = false;  // one scope each
  bool plan = false;      // plan.message: the messages are named
  bool attempts = false;  // sends whose outcome nobody knows, or that only began
  bool acks = false;
  bool contents_sent = false, contents_seen = false;
  bool timed = false;
  std::int64_t faults = 0;
  std::set<std::string> groups;

  bool operator==(const Carried&) const = default;
};

Carried carried_by(const std::vector<Trial>& trials, bool timed);
Carried carried_by(const PlainLines& plain);

// The highest scope that it has anything of; delivered where it has nothing.
Scope highest_scope(const Carried& carried);

Ground ground_of(const Carried& carried, bool complete);

// Clauses that no line of it can be held against.
std::set<Clause> not_applicable_to(const Carried& carried, const std::vector<Judgement>& judgements);

}  // namespace assay
