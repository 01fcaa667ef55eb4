#include <doctest/doctest.h>

#include "cli/run-progress.hpp"
#include "cli/text.hpp"

using namespace assay;

namespace {

RunProgress halfway() {
  return {.profile = "embedded/at-least-once", .cell = "kill broker B.ack_recv", .cell_done = 14, .cell_of = 30, .done = 300, .planned = 600, .landed = 254,
          .faults = 599, .messages = 24'200, .seconds = 20, .violated = "no-dup @ committed"};
}

}  // namespace

TEST_CASE("progress is the cell in work, a bar, what landed, the first violation, time left and rate") {
  CHECK(progress_line(halfway(), {.columns = 130}) ==
        "  kill broker B.ack_recv 14/30  ━━━━━━━━━━━───────────  no-dup violated  254 of 599 landed  20 s left  1,210 msg/s");
  CHECK(progress_line(halfway(), {.utf8 = false, .columns = 88}) ==
        "  kill broker B.ack_recv 14/30  ====----  no-dup violated  254 of 599 landed  20 s left");
  CHECK(plain_progress(halfway()) ==
        "embedded/at-least-once  kill broker B.ack_recv 14/30  300 of 600 trials  no-dup violated  254 of 599 landed  20 s left  1,210 msg/s");
  CHECK(progress_line({.planned = 1}, {.columns = 60}) == "  control trial  ──────────────────────  0 of 0 landed");
}

TEST_CASE("a narrow terminal loses the least needed first and never wraps") {
  for (int columns = 10; columns < 140; ++columns) CHECK(columns_of(progress_line(halfway(), {.columns = columns})) < columns);
  CHECK(progress_line(halfway(), {.columns = 70}) == "  kill broker B.ack_recv 14/30  no-dup violated  254 of 599 landed");
  CHECK(progress_line(halfway(), {.columns = 60}) == "  kill broker B.ack_recv 14/30  ━━━━━─────  no-dup violated");
}

TEST_CASE("no time is promised on the word of a few trials, nor when all are done") {
  auto progress = halfway();
  CHECK(seconds_left(progress) == doctest::Approx(20));
  progress.done = 4;
  CHECK(seconds_left(progress) < 0);
  progress.done = progress.planned;
  CHECK(seconds_left(progress) < 0);
}
