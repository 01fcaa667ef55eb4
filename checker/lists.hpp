// Judges a history that is no more than lists of ids: what was sent, tried,
// refused, received. The same clauses as judge(), counted instead of gathered:
// two million lines in a second, and each message for itself, so that a loss
// never makes up for a duplicate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker/history/plain-lines.hpp"
#include "checker/judge.hpp"

namespace assay {

// Witnesses and unresolved messages that are listed for each clause; the counts
// stay whole.
inline constexpr std::size_t most_listed = 200;

struct JudgedLists {
  Judgement judgement;
  Trial evidence;  // the events of its witnesses, with their places
  std::int64_t sent_repeatedly = 0;  // ids that stand more than once among the acknowledged
  bool nothing_in_common = false;    // ids were sent and received, and not one of them both
};

// `scope`: what having received an id means. `checked.timed` does not count: a
// list has no times.
JudgedLists judge_lists(const PlainLines& plain, const std::vector<std::string>& files, Scope scope, const Checked& checked);

}  // namespace assay
