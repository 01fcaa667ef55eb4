// The conformance report: one JSON value that holds the result of a run. What
// the terminal shows is a pure function of it. DESIGN lists the fields.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "checker/history/store.hpp"
#include "checker/pace.hpp"
#include "cli/plan.hpp"

namespace assay {

// What was observed beside histories: times, places, how it was called.
struct RunFacts {
  double seconds = 0;
  std::filesystem::path directory;  // where histories and judgement are kept; empty: they were removed
  std::filesystem::path report;     // where the report was written; empty: nowhere
  std::vector<std::string> repeated;  // "12 kill:broker@random#4: did not land (...), repeated as 57"
  std::string tool_version, tool_git;
  std::int64_t jobs = 1;
  std::vector<StoredFile> files;
  std::string profile_argument;  // as the user named the profile, for the reproduce line
  std::vector<std::string> extra_arguments;  // --claim and --set as the user gave them, for the same line
  std::string started;              // UTC, as in 2026-11-20T22:31:07Z
  std::optional<bool> as_expected;  // none: nobody asked
  Pace pace;                        // empty: nobody could tell, as of two lists
  nlohmann::ordered_json power;  // this program's own score (power.hpp); null: none
};

// `trials` only needs to hold those named in weighing.found.
nlohmann::ordered_json make_report(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements,
                                   const std::vector<Trial>& trials, const RunFacts& facts);

// A sentence or two about this run, used by every output; CONTRACTS 4.8 has the
// rules of wording.
std::string headline(const RunPlan& plan, const Weighing& weighing);

}  // namespace assay
