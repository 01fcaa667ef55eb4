// Two lists of ids, with all that the output says of them.
#include <doctest/doctest.h>

#include <fstream>

#include <sys/resource.h>

#include "told.hpp"

using namespace assay;

namespace {

constexpr const char* complete = "  --complete: you vouch that the reader had all there was\n";
constexpr const char* incomplete = "  without --complete nobody vouches that the reader had all there was\n";

std::string numbers(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += "m" + std::to_string(i) + "\n";
  return text;
}

// Of the processor, which does not depend on who else is at work here.
double seconds_of_children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

}  // namespace

TEST_CASE("a lost tail is seen") {
  const Bench bench;
  bench.write("sent", numbers(1, 1000));
  bench.write("received", numbers(1, 997));
  const std::string read = "  sent: 1,000 ids sent, read as acknowledged\n  received: 997 ids received\n";

  SUBCASE("as lost, when the user vouches that the reader had everything") {
    CHECK(check(bench, {"--sent", "sent", "--received", "received", "--claim", "at-least-once", "--complete"}) ==
          Told{1, read + complete + R"(
violated: no-loss @ delivered: m998 was acknowledged and never delivered
  --> sent:998  send answered

violated  at-least-once @ delivered
  lost        3: m998, m999, m1000
  accounts    1,000 messages acknowledged, 997 delivered
  consistent  with at-most-once @ delivered; 0 faults recorded
)"});
  }
  SUBCASE("as unresolved, when nobody does") {
    CHECK(check(bench, {"--sent", "sent", "--received", "received", "--claim", "at-least-once"}) ==
          Told{2, read + incomplete + R"(
inconclusive  at-least-once @ delivered
  no-loss     unresolved: m998: acknowledged, not seen (nobody vouches that the reader
              had everything) and 2 more
  anomalies   none seen
  accounts    1,000 messages acknowledged, 997 delivered, 3 acknowledged and not seen,
              which nobody can decide
  consistent  with no guarantee that could be judged; 0 faults recorded
)"});
  }
}

TEST_CASE("as many duplicates as losses do not make up for them") {
  const Bench bench;
  bench.write("sent", "a\nb\nc\nd\n");
  bench.write("received", "a\nb\nb\na\n");
  CHECK(check(bench, {"--sent", "sent", "--received", "received", "--claim", "exactly-once", "--complete"}) ==
        Told{1, std::string("  sent: 4 ids sent, read as acknowledged\n  received: 4 ids received\n") + complete + R"(
violated: no-loss @ delivered: c was acknowledged and never delivered
  --> sent:3  send answered
  = also no-dup @ delivered: a was delivered twice

violated  exactly-once @ delivered
  lost        2: c, d
  duplicated  2: a, b
  accounts    4 messages acknowledged, 4 delivered
  consistent  with none of the guarantees; 0 faults recorded
)"});
}

TEST_CASE("a send that timed out may have arrived or not, once it is given as attempted") {
  const Bench bench;
  bench.write("sent", "a\nb\n");
  bench.write("received", "a\nb\nlate\n");
  bench.write("timed-out", "late\ngone\n");
  const std::string read = "  sent: 2 ids sent, read as acknowledged\n";

  SUBCASE("given") {
    CHECK(check(bench, {"--sent", "sent", "--received", "received", "--attempted", "timed-out", "--claim", "exactly-once", "--complete"}) ==
          Told{0, read + "  timed-out: 2 ids attempted, read as sends without an answer\n  received: 3 ids received\n" + complete + R"(
upheld  exactly-once @ delivered, of ids without their contents
  anomalies   none seen
  accounts    2 messages acknowledged, 2 without an answer, 1 of them seen, 3 delivered
  consistent  with exactly-once @ delivered; 0 faults recorded
)"});
  }
  SUBCASE("not given, nobody can tell whether it was sent") {
    CHECK(check(bench, {"--sent", "sent", "--received", "received", "--claim", "exactly-once", "--complete"}) ==
          Told{2, read + "  received: 3 ids received\n" + complete + R"(
inconclusive  exactly-once @ delivered
  no-phantom  unresolved: late was seen and its send is not on record
  anomalies   none seen
  accounts    2 messages acknowledged, 3 delivered
  consistent  with no guarantee that could be judged; 0 faults recorded
)"});
  }
  SUBCASE("an empty list says that there were none") {
    bench.write("none", "");
    CHECK(check(bench, {"--sent", "sent", "--received", "received", "--attempted", "none", "--claim", "at-most-once", "--complete"}) ==
          Told{1, read + "  none: 0 ids attempted, read as sends without an answer\n  received: 3 ids received\n" + complete + R"(
violated: no-phantom @ delivered: late was seen and nobody sent it
  --> received:3  delivered
  = origin never sent

violated  at-most-once @ delivered
  phantom     1: late
  accounts    2 messages acknowledged, 3 delivered
  consistent  with none of the guarantees; 0 faults recorded
)"});
  }
}

TEST_CASE("an id that was sent twice is one message, sent again") {
  const Bench bench;
  bench.write("sent", "a\nb\na\n");
  bench.write("received", "a\nb\n");
  CHECK(check(bench, {"--sent", "sent", "--received", "received", "--claim", "exactly-once", "--complete"}) ==
        Told{0, std::string("  sent: 3 ids sent, read as acknowledged\n  received: 2 ids received\n") + complete +
                    R"(  note: 1 id acknowledged more than once: one message each, sent again

upheld  exactly-once @ delivered, of ids without their contents
  anomalies   none seen
  accounts    2 messages acknowledged, 2 delivered
  consistent  with exactly-once @ delivered; 0 faults recorded
)"});

  bench.write("received", "a\nb\na\n");
  CHECK(check(bench, {"--sent", "sent", "--received", "received", "--claim", "at-most-once", "--complete", "--quiet"}) ==
        Told{1, "violated  at-most-once @ delivered\n"});
}

TEST_CASE("the clauses that could not be judged come with what would unlock them") {
  const Bench bench;
  bench.write("ids", "a\n");
  CHECK(check_to_the_end(bench, {"--sent", "ids", "--received", "ids", "--claim", "exactly-once"}) ==
        Told{2, std::string("  ids: 1 id sent, read as acknowledged\n  ids: 1 id received\n") + incomplete + R"(
inconclusive  exactly-once @ delivered
  no-dup      unresolved: a second copy may still be on its way (nobody vouches that the
              reader had everything)
  anomalies   none seen
  accounts    1 message acknowledged, 1 delivered
  consistent  with at-least-once @ delivered; 0 faults recorded
  not judged  no-dup: give --complete, if the reader had all there was
              no-corruption: give JSON lines with `digest` on both the sends and what
              was seen
              no-aborted: give JSON lines with `failed` lines for sends that the system
              refused
              ack-durable, redel-honest, fifo, lease-exclusive: give JSON lines with
              `time` on every line, `session`, `copy`, and `ack` lines
              no-phantom, seen before it was sent: give JSON lines with `send` lines
              with phase invoke, and `time` on every line
  next        --complete, if the reader had all there was
)"});
}

// How many seconds that is depends on the machine: a figure of ci/bench.
TEST_CASE("a million ids on either side take little more than ten times as long as a hundred thousand") {
  const Bench bench;
  const auto seconds_for = [&](int ids) {
    {
      std::ofstream sent(bench.directory() / "sent"), received(bench.directory() / "received");
      for (int i = 0; i < ids; ++i) {
        sent << "order-" << i << "\n";
        received << "order-" << (i * 7919LL + 3) % ids << "\n";
      }
    }
    const double before = seconds_of_children();
    const auto told = check(bench, {"--sent", "sent", "--received", "received", "--claim", "exactly-once", "--complete", "--quiet"});
    CHECK(told == Told{0, "upheld  exactly-once @ delivered, of ids without their contents\n"});
    return seconds_of_children() - before;
  };
  const double tenth = seconds_for(100'000), whole = seconds_for(1'000'000);
  CAPTURE(tenth);
  CAPTURE(whole);
  CHECK(whole < 50 * tenth);  // caches are small; each id looked up among all others would be 100 times
}

TEST_CASE("several consumers are one reader") {
  const Bench bench;
  bench.write("sent", "a\nb\n");
  bench.write("one", "a\n");
  bench.write("two", "b\n");
  CHECK(check(bench, {"--sent", "sent", "--received", "one", "--received", "two", "--claim", "exactly-once", "--complete", "--quiet"}) ==
        Told{0, "upheld  exactly-once @ delivered, of ids without their contents\n"});
  bench.write("two", "b\na\n");
  CHECK(check(bench, {"--sent", "sent", "--received", "one", "--received", "two", "--claim", "exactly-once", "--complete", "--quiet"}) ==
        Told{1, "violated  exactly-once @ delivered\n"});
}

TEST_CASE("a column of a CSV file is a list") {
  const Bench bench;
  bench.write("sent.csv", "when,order id\r\n1,\"a,1\"\r\n2,\"say \"\"b\"\"\"\r\n3,\"two\nlines\"\r\n4,\r\n");
  bench.write("got.csv", "order id\n\"two\nlines\"\n\"say \"\"b\"\"\"\n\"a,1\"\n");
  CHECK(check(bench, {"--sent", "sent.csv", "--received", "got.csv", "--column", "order id", "--claim", "exactly-once", "--complete"}) ==
        Told{0, std::string("  sent.csv: 3 ids sent, read as acknowledged; 1 empty line passed over\n  got.csv: 3 ids received\n") + complete + R"(
upheld  exactly-once @ delivered, of ids without their contents
  anomalies   none seen
  accounts    3 messages acknowledged, 3 delivered
  consistent  with exactly-once @ delivered; 0 faults recorded
)"});
}

TEST_CASE("a claim says in which sense the ids were received") {
  const Bench bench;
  bench.write("sent", "a\nb\n");
  bench.write("rows", "a\na\n");
  CHECK(check(bench, {"--sent", "sent", "--received", "rows", "--claim", "exactly-once @ committed", "--complete"}) ==
        Told{1, std::string("  sent: 2 ids sent, read as acknowledged\n  rows: 2 ids received\n") + complete + R"(
violated: no-loss @ committed: b was acknowledged and never took effect
  --> sent:2  send answered
  = also no-dup @ committed: a took effect twice

violated  exactly-once @ committed
  lost        1: b
  duplicated  1: a
  accounts    2 messages acknowledged, 2 effects
  consistent  with none of the guarantees; 0 faults recorded
)"});
}

TEST_CASE("without a claim there is no verdict") {
  const Bench bench;
  bench.write("ids", "a\nb\n");
  CHECK(check(bench, {"--sent", "ids", "--received", "ids", "--complete"}) ==
        Told{2, std::string("  ids: 2 ids sent, read as acknowledged\n  ids: 2 ids received\n") + complete + R"(
inconclusive  no claim was given
  anomalies   none seen
  accounts    2 messages acknowledged, 2 delivered
  consistent  with exactly-once @ delivered; 0 faults recorded
)"});
}

TEST_CASE("lists that have no id in common are judged, and the output doubts that they belong together") {
  const Bench bench;
  bench.write("sent", "a\n");
  bench.write("received", "A\n");
  bench.write("none", "");
  CHECK(check(bench, {"--sent", "sent", "--received", "received", "--attempted", "none", "--claim", "exactly-once", "--complete"}) ==
        Told{1, std::string("  sent: 1 id sent, read as acknowledged\n  none: 0 ids attempted, read as sends without an answer\n"
                            "  received: 1 id received\n") + complete +
                    R"(  note: not one id was both sent and received: are these the ids of the same messages?

violated: no-loss @ delivered: a was acknowledged and never delivered
  --> sent:1  send answered
  = also no-phantom @ delivered: A was seen and nobody sent it

violated  exactly-once @ delivered
  lost        1: a
  phantom     1: A
  accounts    1 message acknowledged, 1 delivered
  consistent  with none of the guarantees; 0 faults recorded
)"});
}

TEST_CASE("counts stay whole where not all ids are listed") {
  const Bench bench;
  bench.write("sent", numbers(1, 5000));
  bench.write("received", "m1\n");
  const auto outcome = bench.assay({"check", "--sent", "sent", "--received", "received", "--claim", "at-least-once", "--complete", "--report", "r.json"});
  CHECK(outcome.output.find("  lost        4,999: m2, m3, m4, m5, m6, m7, m8, m9 and 4,991 more\n") != std::string::npos);
  std::ifstream file(bench.directory() / "r.json");
  const auto report = nlohmann::ordered_json::parse(file);
  CHECK(report["anomalies"] == nlohmann::ordered_json{{"lost", {{"count", 4999}, {"forbidden", true}}}});
  CHECK(report["accounts"]["lost"] == 4999);
  CHECK(report["checked"]["anomalies"][0]["count"] == 4999);
  CHECK(report["checked"]["anomalies"][0]["ids"].size() == 100);
  CHECK(report["checked"]["complete"] == true);
  CHECK(report["reproduce"] == nlohmann::ordered_json{"assay", "check", "--sent", "sent", "--received", "received", "--complete", "--claim", "at-least-once"});
}
