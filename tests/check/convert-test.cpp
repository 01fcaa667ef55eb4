// From one form of a history to another, and what is said of what a form cannot hold.
#include <doctest/doctest.h>

#include "told.hpp"

#include "tests/files.hpp"

using namespace assay;

namespace {

const std::string history = R"({"type":"acked","message":"a","time":1}
{"type":"attempted","message":"b","time":2}
{"type":"failed","message":"c","time":3}
{"type":"delivered","message":"a","time":4}
{"type":"delivered","message":"b","time":5}
{"type":"effect","message":"a","time":6}
)";

}  // namespace

TEST_CASE("lists hold ids, and what they do not hold is named") {
  const Bench bench;
  bench.write("h.jsonl", history);
  const auto outcome = bench.assay({"convert", "h.jsonl", "--to", "lists", "--out", "ids"});
  CHECK(outcome.code == 0);
  CHECK(outcome.errors ==
        "convert: lists hold no times, processes, acks, contents or faults\n"
        "convert: lists hold no sends that failed for certain: 1 left out\n"
        "convert: lists hold no effects: 1 left out\n");
  CHECK(contents(bench.directory() / "ids.sent") == "a\n");
  CHECK(contents(bench.directory() / "ids.received") == "a\nb\n");
  CHECK(contents(bench.directory() / "ids.attempted") == "b\n");
}

TEST_CASE("from JSON lines to packed and back nothing changes") {
  const Bench bench;
  bench.write("h.jsonl", history);
  CHECK(bench.assay({"convert", "h.jsonl", "--to", "jsonl", "--out", "full.jsonl"}).code == 0);
  CHECK(bench.assay({"convert", "full.jsonl", "--to", "history", "--out", "h.hist"}).code == 0);
  const auto back = bench.assay({"convert", "h.hist", "--to", "jsonl"});
  CHECK(back.output == contents(bench.directory() / "full.jsonl"));
  CHECK(back.errors.empty());
  for (const auto* file : {"h.jsonl", "full.jsonl", "h.hist"}) {
    CAPTURE(file);
    CHECK(check(bench, {file, "--claim", "exactly-once @ delivered", "--complete", "--quiet"}) ==
          Told{0, "upheld  exactly-once @ delivered, of ids without their contents\n"});
  }
}

TEST_CASE("that nobody knew a time is said, and is not forgotten on the way") {
  const Bench bench;
  bench.write("h.jsonl", "{\"type\":\"acked\",\"id\":1}\n{\"type\":\"delivered\",\"id\":1}\n");
  const auto outcome = bench.assay({"convert", "h.jsonl", "--to", "jsonl", "--out", "full.jsonl"});
  CHECK(outcome.errors == "convert: the history has no times on all its lines: time is 0 on all of them\n");
  CHECK(check_to_the_end(bench, {"full.jsonl", "--claim", "exactly-once + fifo", "--complete"}).text.find(
            "fifo        unresolved: not all lines have a time") != std::string::npos);
}

TEST_CASE("a conversion that cannot be done is refused") {
  const Bench bench;
  bench.write("h.jsonl", R"({"type":"acked","message":"a\nb"})" "\n");
  const auto errors = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "convert");
    const auto outcome = bench.assay(arguments);
    CHECK(outcome.code == 64);
    return outcome.errors;
  };
  CHECK(errors({"h.jsonl", "--to", "lists", "--out", "ids"}) == "assay: convert h.jsonl: the id \"a\nb\" cannot stand on a line of a list\n");
  CHECK(errors({"h.jsonl", "--to", "lists"}).starts_with("assay: convert h.jsonl: --to lists needs --out NAME"));
  CHECK(errors({"h.jsonl", "--to", "history"}).starts_with("assay: convert h.jsonl: --to history needs --out FILE"));
  CHECK(errors({"h.jsonl", "--to", "jsonl", "--trial", "3"}) == "assay: convert h.jsonl: it has no trial 3; there are 0 to 0\n");
  CHECK(errors({"h.jsonl", "--to", "list"}).find("did you mean lists?") != std::string::npos);
  CHECK(errors({"nowhere", "--to", "jsonl"}) == "assay: convert nowhere: no such file\n");
}
