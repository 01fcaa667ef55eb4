// JSON lines that say no more than they must, and what each further field adds.
#include <doctest/doctest.h>

#include <cstdlib>

#include "told.hpp"

using namespace assay;

namespace {

const std::string two_sent = R"({"type":"acked","message":"a"}
{"type":"acked","message":"b"}
)";

Told judged(const Bench& bench, const std::string& text, const std::string& claim, bool complete = true) {
  bench.write("h.jsonl", text);
  std::vector<std::string> arguments{"h.jsonl", "--claim", claim};
  if (complete) arguments.emplace_back("--complete");
  auto told = check(bench, arguments);
  told.text = told.text.substr(told.text.find("\n\n") == std::string::npos ? 0 : told.text.find("\n\n") + 2);
  return told;
}

}  // namespace

TEST_CASE("two types and a message are a history") {
  const Bench bench;
  CHECK(judged(bench, two_sent + R"({"type":"delivered","message":"a"})" "\n", "exactly-once") ==
        Told{1, R"(violated: no-loss @ delivered: b was acknowledged and never delivered
  --> h.jsonl:2  send answered

violated  exactly-once @ delivered
  lost        1: b
  accounts    2 messages acknowledged, 1 delivered
  consistent  with at-most-once @ delivered; 0 faults recorded
)"});
}

TEST_CASE("with an effect the claim is about effects") {
  const Bench bench;
  const std::string deliveries = "{\"type\":\"delivered\",\"message\":\"a\"}\n{\"type\":\"delivered\",\"message\":\"b\"}\n";
  CHECK(judged(bench, two_sent + deliveries + "{\"type\":\"effect\",\"message\":\"a\"}\n{\"type\":\"effect\",\"message\":\"a\"}\n", "exactly-once") ==
        Told{1, R"(violated: no-loss @ committed: b was acknowledged and never took effect
  --> h.jsonl:2  send answered
  --> h.jsonl:4  delivered
  = origin delivered, no effect
  = also no-dup @ committed: a took effect twice

violated  exactly-once @ committed
  lost        1: b
  duplicated  1: a
  accounts    2 messages acknowledged, 2 effects
  consistent  with exactly-once @ delivered; 0 faults recorded
)"});
}

TEST_CASE("contents are compared where both sides tell them") {
  const Bench bench;
  const std::string other = R"({"type":"acked","message":"a","digest":"1"}
{"type":"delivered","message":"a","digest":"2"}
)";
  CHECK(judged(bench, other, "at-most-once") == Told{1, R"(violated: no-corruption @ delivered: a came with another content
  --> h.jsonl:1  send answered
  --> h.jsonl:2  delivered
  = origin digest

violated  at-most-once @ delivered
  corrupted   1: a
  accounts    1 message acknowledged, 1 delivered
  consistent  with none of the guarantees; 0 faults recorded
)"});
  const std::string same = R"({"type":"acked","message":"a","digest":"1"}
{"type":"delivered","message":"a","digest":"1"}
)";
  CHECK(judged(bench, same, "exactly-once") == Told{0, R"(upheld  exactly-once @ delivered
  anomalies   none seen
  accounts    1 message acknowledged, 1 delivered
  consistent  with exactly-once @ delivered; 0 faults recorded
)"});
  const std::string one_side = R"({"type":"acked","message":"a","digest":"1"}
{"type":"delivered","message":"a"}
)";
  CHECK(judged(bench, one_side, "exactly-once").text.starts_with("upheld  exactly-once @ delivered, of ids without their contents\n"));
}

TEST_CASE("a clause that needs times is open without them") {
  const Bench bench;
  bench.write("h.jsonl", two_sent + R"({"type":"delivered","message":"a"}
{"type":"delivered","message":"b","redelivered":false,"session":"s","copy":"1"}
)");
  const auto told = check_to_the_end(bench, {"h.jsonl", "--claim", "at-least-once + redel-honest", "--complete"});
  CHECK(told.code == 2);
  CHECK(told.text.find("  redel-honest\n              unresolved: not all lines have a time\n") != std::string::npos);
  CHECK(told.text.find("redel-honest: give `redelivered` or `count`") != std::string::npos);
}

TEST_CASE("with times a message that was seen before it was sent is a phantom") {
  const Bench bench;
  const std::string early = R"({"type":"send","phase":"invoke","message":"a","time":20}
{"type":"send","phase":"ok","message":"a","time":30}
{"type":"delivered","message":"a","time":10}
)";
  CHECK(judged(bench, early, "at-most-once").text.starts_with("violated: no-phantom @ delivered: a was seen before it was sent\n"));
}

TEST_CASE("an answer that came after the delivery is no journey through time") {
  const Bench bench;
  const std::string late_answer = R"({"type":"acked","message":"a","time":30}
{"type":"delivered","message":"a","time":10}
)";
  CHECK(judged(bench, late_answer, "exactly-once").code == 0);
}

TEST_CASE("some times are no times") {
  const Bench bench;
  const std::string half = R"({"type":"send","phase":"invoke","message":"a","time":20}
{"type":"send","phase":"ok","message":"a","time":30}
{"type":"delivered","message":"a"}
)";
  CHECK(judged(bench, half, "exactly-once").code == 0);
}

TEST_CASE("recorded faults are counted") {
  const Bench bench;
  const std::string ids = R"({"type":"acked","message":"a"}
{"type":"fault","kind":"kill","target":"broker"}
{"type":"delivered","message":"a"}
)";
  CHECK(judged(bench, ids, "exactly-once").text.find("  consistent  with exactly-once @ delivered; 1 fault recorded\n") != std::string::npos);
}

TEST_CASE("a gap in the numbers of a process keeps the verdict open") {
  const Bench bench;
  const std::string gap = R"({"type":"acked","message":"a","n":1}
{"type":"delivered","message":"a","n":1}
{"type":"delivered","message":"a","n":3}
)";
  CHECK(judged(bench, gap, "at-least-once").code == 2);
  CHECK(judged(bench, gap, "exactly-once").code == 1);  // a duplicate is seen or not
}

TEST_CASE("deliveries of two groups are not judged as one") {
  const Bench bench;
  bench.write("h.jsonl", R"({"type":"delivered","message":"a","group":"x"}
{"type":"delivered","message":"a","group":"y"}
)");
  CHECK(refused(bench, {"h.jsonl", "--claim", "at-most-once"}) ==
        Told{64, "assay: check h.jsonl: the history has deliveries of the groups x, y, and each is owed every message; check the lines of "
                 "one group at a time\n"});
}

TEST_CASE("several files, gzip and standard input are one history") {
  const Bench bench;
  bench.write("p.jsonl", two_sent);
  bench.write("c.jsonl", "{\"type\":\"delivered\",\"message\":\"a\"}\n{\"type\":\"delivered\",\"id\":\"b\"}\n");
  const std::string in = "cd " + bench.directory().string() + " && ";
  REQUIRE(std::system((in + "gzip p.jsonl").c_str()) == 0);
  CHECK(check(bench, {"p.jsonl.gz", "c.jsonl", "--claim", "exactly-once", "--complete", "--quiet"}) ==
        Told{0, "upheld  exactly-once @ delivered, of ids without their contents\n"});
  const std::string piped = in + assay_program().string() + " check - c.jsonl --claim exactly-once --complete --quiet < p.jsonl.gz > out";
  CHECK(std::system(piped.c_str()) == 0);
  REQUIRE(std::system((in + "head -c 30 p.jsonl.gz > cut.gz && cat p.jsonl.gz c.jsonl > tail.gz").c_str()) == 0);
  CHECK(refused(bench, {"cut.gz", "--claim", "exactly-once"}) == Told{65, "assay: damaged history cut.gz: the gzip data is cut short\n"});
  CHECK(refused(bench, {"tail.gz", "--claim", "exactly-once"}) ==
        Told{65, "assay: damaged history tail.gz: the gzip data is damaged: incorrect header check\n"});
}
