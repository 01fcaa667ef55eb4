#include <fstream>

#include <doctest/doctest.h>

#include "checker/history/event-codec.hpp"
#include "checker/history/store.hpp"
#include "cli/schema.hpp"
#include "cli/text.hpp"
#include "tests/cli/sample-run.hpp"
#include "tests/files.hpp"
#include "tests/schema/schema-check.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

const SchemaCheck& check() {
  static const SchemaCheck made(history_schema());
  return made;
}

// With everything that an event can say.
Event full(Type type, Phase phase) {
  Event event;
  event.type = type;
  event.phase = phase;
  event.process = "producer-0";
  event.incarnation = event.n = 1;
  for (const Field& field : fields()) {
    if (const auto* text = std::get_if<Field::Text>(&field.member)) event.**text = "x";
    if (const auto* number = std::get_if<Field::Number>(&field.member)) event.**number = -7;
    if (const auto* flag = std::get_if<Field::Flag>(&field.member)) event.**flag = false;
  }
  return event;
}

bool readable(const std::string& line) {
  try {
    from_json_line(line);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("the schema takes an event of each type and phase where the reader does, and nowhere else") {
  int known = 0;
  for (const Type type : all_types())
    for (const Phase phase : all_phases()) {
      const std::string line = to_json_line(full(type, phase));
      CAPTURE(line);
      const bool in_short = type == Type::effect && phase == Phase::none;  // fits as such
      CHECK(check().fits(Json::parse(line)) == (readable(line) || in_short));
      known += readable(line);
    }
  CHECK(known > 40);
}

TEST_CASE("what the reader refuses of a line, the schema refuses, too") {
  const Json good = Json::parse(to_json_line(full(Type::send, Phase::ok)));
  REQUIRE(check().fits(good));
  for (const char* needed : {"type", "phase", "process", "incarnation", "trial", "n", "time"}) {
    CAPTURE(needed);
    Json without = good;
    without.erase(needed);
    CHECK_FALSE(readable(without.dump()));
    CHECK_FALSE(check().fits(without));
  }
  const auto refused = [&](const char* field, const Json& value) {
    Json changed = good;
    changed[field] = value;
    CAPTURE(changed.dump());
    CHECK_FALSE(readable(changed.dump()));
    CHECK_FALSE(check().fits(changed));
  };
  refused("type", "telepathy");
  refused("phase", "perhaps");
  refused("process", "");
  refused("time", -1);
  refused("n", 1.5);
  refused("message", "");
  refused("message", 7);
  refused("attempt", "first");
  refused("redelivered", 1);
  refused("copy", {{"queue", 1}});
  refused("colour", "blue");
  refused("error", nullptr);
}

TEST_CASE("a history that assay writes fits, line by line") {
  const TemporaryDirectory directory;
  Trial trial = sample_trial();
  trial.recordings[2].ending = Ending::killed;
  trial.recordings[2].last_window = Window::c_received;
  trial.recordings[2].hits = {{Window::c_received, 2}};
  trial.recordings[2].torn = 1;
  write_json_lines(trial, directory / "h.jsonl");

  std::ifstream file(directory / "h.jsonl");
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    CAPTURE(line);
    CHECK(joined(check().faults(Json::parse(line)), "; ") == "");
  }
  CHECK(lines == 19);
}

TEST_CASE("the first line names the version, and windows that there are") {
  CHECK(check().fits(Json::parse(R"({"assay-history": 1})")));
  CHECK_FALSE(check().fits(Json::parse(R"({"assay-history": 2})")));
  const auto told = [](const std::string& more) {
    return check().fits(Json::parse(R"({"assay-history": 1, "recordings": [{"process": "c", "incarnation": 1, "trial": 1)" + more + "}]}"));
  };
  CHECK(told(R"(, "ending": "finished")"));
  CHECK(told(R"(, "ending": "killed", "hits": {"C.received": 1})"));
  CHECK_FALSE(told(""));
  CHECK_FALSE(told(R"(, "ending": "abducted")"));
  CHECK_FALSE(told(R"(, "ending": "killed", "hits": {"C.nowhere": 1})"));
  CHECK_FALSE(told(R"(, "ending": "killed", "last_window": "C.nowhere")"));
}

TEST_CASE("a line in short says what happened to which message") {
  for (const char* type : {"attempted", "acked", "failed", "stored", "delivered", "effect"})
    CHECK(check().fits({{"type", type}, {"message", "m1"}}));
  CHECK(check().fits({{"type", "delivered"}, {"message", "m1"}, {"process", "c1"}, {"time", 5}, {"copy", "0/17"}}));
  CHECK(check().fits({{"type", "acked"}, {"id", 17}}));
  CHECK_FALSE(check().fits({{"type", "delivered"}}));
  CHECK_FALSE(check().fits({{"type", "delivered"}, {"message", "m1"}, {"id", "m1"}}));
  CHECK_FALSE(check().fits({{"type", "delivered"}, {"message", "m1"}, {"offset", 3}}));
  CHECK_FALSE(check().fits({{"type", "lost"}, {"message", "m1"}}));
  CHECK_FALSE(check().fits({{"type", "effect"}, {"phase", "ok"}, {"message", "m1"}}));  // an event in full, cut short
}
