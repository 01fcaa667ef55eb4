// What `run` and `check` do alike behind the trials.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "checker/weigh.hpp"
#include "cli/report.hpp"

namespace assay {

// The trials that a weighing's findings come from, each once, and beside any the
// one that passes.
std::vector<Trial> trials_told_of(const Weighing& weighing, const std::vector<Judgement>& judgements,
                                  const std::function<Trial(std::int64_t)>& read);

void stamp_version(RunFacts& facts);
std::string utc_now();       // "2026-11-20T22:31:07Z"
std::string version_text();  // "assay 0.1.0 (git abc1234)", or without the state where there is no repository

// printable(), line by line.
std::string printable_lines(const std::string& text);

}  // namespace assay
