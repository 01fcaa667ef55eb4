#include "cli/wording.hpp"

#include <doctest/doctest.h>

#include "cli/report-text.hpp"
#include "tests/cli/sample-run.hpp"

using namespace assay;

namespace {

std::string story_of(const std::string& fault, const std::string& origin, const std::string& cell = "") {
  Weighing weighing = violated_run().weighing;
  weighing.found.resize(1);
  Found& found = weighing.found[0];
  found.fault = fault;
  found.cell = cell;
  found.witness.origin = origin;
  found.witness.what = "m took effect twice";
  return story(weighing);
}

}  // namespace

TEST_CASE("the story says in words what was struck, where, and how the anomaly came about") {
  CHECK(story_of("kill:consumer-0@consumer-0:C.effect_before_ack#3", "redelivery") ==
        "In trial 12 consumer-0 was killed at C.effect_before_ack (the effect is committed and the ack not yet sent), and "
        "m took effect twice: the system delivered it again (origin redelivery).");
  CHECK(story_of("pause:broker@producer-0:P.before_send#1", "broker") ==
        "In trial 12 broker was paused when producer-0 was at P.before_send (the producer has put the attempt on record and "
        "has not sent it), and m took effect twice: the system made two of what was sent once (origin broker).");
  SUBCASE("a random moment is told by what was under way") {
    CHECK(story_of("kill:broker@random#4", "producer-retry", "broker:send-open") ==
          "In trial 12 broker was killed at a random moment (a send was waiting for its answer), and m took effect twice: "
          "its producer sent it again (origin producer-retry).");
  }
  SUBCASE("an origin that speaks for itself") {
    CHECK(story_of("", "stored, never delivered") ==
          "In trial 12 without a fault m took effect twice (origin stored, never delivered).");
    CHECK(story_of("", "") == "In trial 12 without a fault m took effect twice.");
  }
  SUBCASE("a fault of a name that is none of ours") {
    CHECK(story_of("flood:cellar@random#4", "") == "In trial 12 (flood:cellar@random#4) m took effect twice.");
  }
  SUBCASE("nothing was violated") { CHECK(story(upheld_run().weighing).empty()); }
}

TEST_CASE("what held is not said to be nothing where too little was tried") {
  SampleRun run = inconclusive_run();
  CHECK(held_text(run.report()) == "not settled: no-loss @ committed: no fault landed");
  run.plan.only = "kill:broker@random#4";
  CHECK(held_text(run.report()) == "not settled by one trial: no-loss @ committed: no fault landed");
  run.weighing.strongest_reason = "every guarantee was violated at every scope";
  CHECK(held_text(run.report()) == "none: every guarantee was violated at every scope");
  CHECK(held_text(upheld_run().report()) == "exactly-once @ committed");
}
