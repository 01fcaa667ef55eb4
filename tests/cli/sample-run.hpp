// A run made by hand, for the tests of what is reported about it.
#pragma once

#include "cli/report.hpp"

namespace assay {

// Trial 12: consumer-0 is killed between effect and ack, and the effect of
// 12/producer-0/17 is found twice.
Trial sample_trial();

struct SampleRun {
  RunPlan plan;
  Weighing weighing;
  std::vector<Judgement> judgements;
  std::vector<Trial> trials;
  RunFacts facts;

  // Held against the schema of reports.
  nlohmann::ordered_json report() const;
};

SampleRun violated_run();
SampleRun upheld_run();
SampleRun inconclusive_run();  // no-loss was not exercised

// A thousand cells, causes, notes and clauses with the longest names.
SampleRun grown(SampleRun run);

// Ids, texts and paths full of what a terminal would obey.
SampleRun hostile(SampleRun run);

}  // namespace assay
