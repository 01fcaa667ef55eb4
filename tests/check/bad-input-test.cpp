// Whatever the bytes, assay says what is wrong with them and does not die.
#include <doctest/doctest.h>

#include <random>

#include "told.hpp"

using namespace assay;

namespace {

const std::vector<std::string> claim{"--claim", "exactly-once", "--complete"};

std::vector<std::string> lists(const std::string& sent, const std::string& received, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"--sent", sent, "--received", received};
  arguments.insert(arguments.end(), more.begin(), more.end());
  arguments.insert(arguments.end(), claim.begin(), claim.end());
  return arguments;
}

std::vector<std::string> lines(const std::string& path) { return {path, claim[0], claim[1], claim[2]}; }

}  // namespace

TEST_CASE("a wrong command line is refused with what was expected") {
  const Bench bench;
  bench.write("ids", "a\n");
  bench.write("h.jsonl", "");
  CHECK(refused(bench, {}) ==
        Told{64, "assay: check: give a run directory, files of JSON lines (- is standard input), or --sent FILE --received FILE\n"});
  CHECK(refused(bench, lists("ids", "nowhere")) == Told{64, "assay: check nowhere: no such file\n"});
  CHECK(refused(bench, lists("ids", ".")) == Told{64, "assay: check .: a directory; expected a file\n"});
  CHECK(refused(bench, {"--received", "ids"}) == Told{64, "assay: check: lists need --sent FILE and --received FILE; --sent is missing\n"});
  CHECK(refused(bench, {"h.jsonl", "--sent", "ids"}) == Told{64, "assay: check h.jsonl: a history and lists of ids do not go together\n"});
  CHECK(refused(bench, {"h.jsonl", "--column", "id"}) == Told{64, "assay: check: --column names a column of --sent and --received lists\n"});
  CHECK(refused(bench, {"h.jsonl", "-", "-"}) == Told{64, "assay: check: standard input (-) can be read only once\n"});
  const auto told = refused(bench, {"h.jsonl", "--claim", "exactly-one"});
  CHECK(told.code == 64);
  CHECK(told.text.find("exactly-once") != std::string::npos);
}

TEST_CASE("a list that is none is refused with its file and line") {
  const Bench bench;
  bench.write("ids", "a\n");
  bench.write("t.csv", "id,when\na,1\n");
  bench.write("ragged.csv", "id,when\na,1\nb\n");
  bench.write("open.csv", "id,when\na,\"1\n2\n");
  bench.write("twice.csv", "id,id\na,b\n");
  bench.write("empty", "");
  bench.write("h.jsonl", "{\"type\":\"acked\",\"id\":1}\n");
  bench.write("utf16", std::string("a\0\n\0", 4));
  CHECK(refused(bench, lists("t.csv", "t.csv", {"--column", "idd"})) ==
        Told{65, "assay: damaged history t.csv: line 1: no column is called \"idd\"; the header has id, when; did you mean id?\n"});
  CHECK(refused(bench, lists("ragged.csv", "t.csv", {"--column", "id"})) ==
        Told{65, "assay: damaged history ragged.csv: line 3: the row has 1 values and the header 2\n"});
  CHECK(refused(bench, lists("open.csv", "t.csv", {"--column", "id"})) ==
        Told{65, "assay: damaged history open.csv: line 3: a quote of the row on line 2 is never closed\n"});
  CHECK(refused(bench, lists("twice.csv", "t.csv", {"--column", "id"})) ==
        Told{65, "assay: damaged history twice.csv: line 1: two columns are called \"id\"\n"});
  CHECK(refused(bench, lists("empty", "t.csv", {"--column", "id"})) ==
        Told{65, "assay: damaged history empty: line 0: the file is empty; expected a header row with the column \"id\"\n"});
  CHECK(refused(bench, lists("ids", "h.jsonl")) ==
        Told{65, "assay: damaged history h.jsonl: line 1: this looks like JSON lines, not like a list of ids; JSON lines are given "
                 "without --sent and --received\n"});
  CHECK(refused(bench, lists("utf16", "ids")) ==
        Told{65, "assay: damaged history utf16: line 1: it holds a zero byte; expected text in UTF-8 (for UTF-16: iconv -f UTF-16 -t UTF-8)\n"});
}

TEST_CASE("empty lists and an empty history put nothing to the test") {
  const Bench bench;
  bench.write("empty", "");
  const std::string nothing = R"(
inconclusive  exactly-once @ delivered
  no-loss     not exercised: nothing in the history puts it to the test
  no-dup      not exercised: nothing in the history puts it to the test
  no-phantom  not exercised: nothing in the history puts it to the test
  anomalies   none seen
  accounts    0 messages acknowledged, 0 delivered
  consistent  with no guarantee that could be judged; 0 faults recorded
)";
  const std::string complete = "  --complete: you vouch that the reader had all there was\n";
  CHECK(check(bench, lists("empty", "empty")) ==
        Told{2, "  empty: 0 ids sent, read as acknowledged\n  empty: 0 ids received\n" + complete + nothing});
  CHECK(check(bench, lines("empty")) == Told{2, "  empty\n" + complete + nothing});
}

TEST_CASE("a line of JSON that is wrong is refused with the nearest valid name") {
  const Bench bench;
  const auto complaint = [&](const std::string& text) {
    bench.write("h.jsonl", "{\"type\":\"acked\",\"id\":1}\n" + text);
    const auto told = refused(bench, lines("h.jsonl"));
    CHECK(told.code == 65);
    const std::string start = "assay: damaged history h.jsonl: line 2: ";
    CHECK(told.text.starts_with(start));
    return told.text.substr(std::min(start.size(), told.text.size()));
  };
  CHECK(complaint(R"({"type":"delivred","message":"a"})" "\n") ==
        "unknown type \"delivred\"; did you mean \"delivered\"? (most histories need acked and delivered)\n");
  CHECK(complaint(R"({"type":"acked","mesage":"a"})" "\n") == "unknown field \"mesage\"; did you mean \"message\"?\n");
  CHECK(complaint(R"({"type":"acked"})" "\n") == "field \"message\" is missing\n");
  CHECK(complaint(R"({"message":"a"})" "\n") == "field \"type\" is missing; acked, delivered ...\n");
  CHECK(complaint(R"({"type":"acked","message":"a","id":"b"})" "\n") == "field \"message\" comes twice\n");
  CHECK(complaint(R"({"type":"acked","message":""})" "\n") ==
        "field \"message\" is empty: a text that was not recorded is left out\n");
  CHECK(complaint(R"({"type":"acked","message":"a","phase":"ok"})" "\n") == "type \"acked\" says it all and has no phase\n");
  CHECK(complaint(R"({"type":"send","message":"a"})" "\n") == "an event of type \"send\" needs a phase\n");
  CHECK(complaint(R"({"type":"ack","phase":"confirmed"})" "\n") ==
        "an ack needs a \"tag\" or a \"message\" to say which delivery it is about\n");
  CHECK(complaint(R"({"type":"acked","message":"a","time":1.5})" "\n") == "field \"time\" is not a whole number\n");
  CHECK(complaint("[1]\n").find("object") != std::string::npos);
  CHECK(complaint(R"({"type":"acked","mess)").ends_with("(the last line has no line end: was it cut?)\n"));
}

TEST_CASE("a last line without its line end counts when it is whole") {
  const Bench bench;
  bench.write("h.jsonl", "{\"type\":\"acked\",\"id\":1}\n{\"type\":\"delivered\",\"id\":1}");
  CHECK(check(bench, {"h.jsonl", "--claim", "exactly-once", "--complete", "--quiet"}).code == 0);
}

TEST_CASE("an id with control characters is printed safely") {
  const Bench bench;
  bench.write("sent", "a\x1b[31mred\n");
  bench.write("received", "x\n");
  const auto outcome = bench.assay({"check", "--sent", "sent", "--received", "received", "--claim", "at-least-once", "--complete"});
  CHECK(outcome.code == 1);
  CHECK(outcome.output.find('\x1b') == std::string::npos);
  CHECK(outcome.output.find("[31mred") != std::string::npos);
  bench.write("h.jsonl", "{\"type\":\"\x1b[2J\",\"id\":1}\n");
  CHECK(refused(bench, lines("h.jsonl")).text.find('\x1b') == std::string::npos);
}

TEST_CASE("no bytes make it crash") {
  const Bench bench;
  std::mt19937 random(7);
  const std::string alphabet = "{}[]\",:\\\n\rtypeackdmsg1\x1f\x8b\xff ";
  for (int round = 0; round < 40; ++round) {
    std::string bytes(random() % 200, ' ');
    for (auto& byte : bytes) byte = round % 2 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    if (round % 5 == 0) bytes = "\x1f\x8b\x08" + bytes;
    bench.write("rubbish", bytes);
    CAPTURE(round);
    for (const auto& arguments : {lines("rubbish"), lists("rubbish", "rubbish"), lists("rubbish", "rubbish", {"--column", "a"})}) {
      const auto code = refused(bench, arguments).code;
      CHECK((code == 0 || code == 1 || code == 2 || code == 65));
    }
  }
}
