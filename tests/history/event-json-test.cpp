#include <doctest/doctest.h>

#include <string>

#include "checker/history/event-codec.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

namespace {

std::string complaint_about(const std::string& line) {
  try {
    from_json_line(line);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

std::string with(const std::string& rest) {
  return std::string(R"({"type":"deliver","process":"c","incarnation":1,"trial":0,"n":1,"time":5)").append(rest).append("}");
}

}  // namespace

TEST_CASE("every kind of event comes back from its line of JSON with every field") {
  for (const auto& [type, phase] : all_kinds()) {
    const Event full = full_event(type, phase);
    CAPTURE(short_name(full));
    CHECK(from_json_line(to_json_line(full)) == full);
    const Event bare = bare_event(type, phase);
    CHECK(from_json_line(to_json_line(bare)) == bare);
  }
}

TEST_CASE("a line has the common fields first and leaves out what is empty") {
  Event event = bare_event(Type::send, Phase::ok, 7);
  event.message = "12/producer-0/3";
  event.attempt = 1;
  CHECK(to_json_line(event) ==
        R"({"type":"send","phase":"ok","process":"producer-0","incarnation":2,"trial":12,"n":7,"time":1000007,)"
        R"("message":"12/producer-0/3","attempt":1})");
}

TEST_CASE("a line that is not an event is refused and the complaint names what is wrong") {
  CHECK(complaint_about(with("")) == "none");
  CHECK(complaint_about(with(R"(,"messsage":"m")")) == R"(unknown field "messsage")");
  CHECK(complaint_about(with(R"(,"message":3)")) == R"(field "message" is a number, and has to be a text)");
  CHECK(complaint_about(with(R"(,"attempt":"3")")) == R"(field "attempt" is a text, and has to be a number)");
  CHECK(complaint_about(with(R"(,"attempt":true)")) == R"(field "attempt" is true or false, and has to be a number)");
  CHECK(complaint_about(with(R"(,"attempt":1.5)")) == R"(field "attempt" is not a whole number)");
  CHECK(complaint_about(with(R"(,"attempt":9223372036854775808)")) == R"(field "attempt" is too large)");
  CHECK(complaint_about(with(R"(,"redelivered":1)")) == R"(field "redelivered" is a number, and has to be true or false)");
  CHECK(complaint_about(with(R"(,"message":null)")) == R"(field "message" is null)");
  CHECK(complaint_about(with(R"(,"message":"")")) == R"(field "message" is empty: a text that was not recorded is left out)");
  CHECK(complaint_about(with(R"(,"message":{"id":1})")) == R"(field "message" is not a plain value)");
  CHECK(complaint_about(with(R"(,"message":["m"])")) == R"(field "message" is not a plain value)");
  CHECK(complaint_about(with(R"(,"message":"a","message":"b")")) == R"(field "message" comes twice)");
  CHECK(complaint_about(with(R"(,"n":2)")) == R"(field "n" comes twice)");
  CHECK(complaint_about(with(R"(,"phase":"ok")")) == R"(an event of type "deliver" cannot be in phase "ok")");
  CHECK(complaint_about(with(R"(,"phase":"done")")) == R"(unknown phase "done")");
  CHECK(complaint_about(R"({"type":"delivery"})") == R"(unknown type "delivery")");
  CHECK(complaint_about(R"({"type":7})") == R"(field "type" is a number, and has to be a text)");
  CHECK(complaint_about(R"({"process":false})") == R"(field "process" is true or false, and has to be a text)");
  CHECK(complaint_about(R"({"n":"1"})") == R"(field "n" is a text, and has to be a number)");
  CHECK(complaint_about(R"({"trial":-1})") == R"(field "trial" is negative)");
  CHECK(complaint_about(R"({"type":"deliver","process":"c"})") == R"(field "incarnation" is missing)");
  CHECK(complaint_about("[]") == "the line is not an object");
  CHECK(complaint_about("7") == "the line is not an object");
  CHECK(complaint_about("null") == "the line is not an object");
  CHECK(complaint_about("\"\"") == "the line is not an object");
  CHECK(complaint_about("{}{}").find("parse error") != std::string::npos);
  CHECK(complaint_about("").find("parse error") != std::string::npos);
  CHECK(complaint_about(with(",\"message\":\"\xff\"")).find("parse error") != std::string::npos);
}

TEST_CASE("a value nested a million deep is refused at the first bracket") {
  const std::string brackets(1'000'000, '[');
  CHECK(complaint_about(brackets) == "the line is not an object");
  CHECK(complaint_about(R"({"message":)" + brackets) == R"(field "message" is not a plain value)");
}

TEST_CASE("bytes that are not UTF-8 are made readable in words for people and refused elsewhere") {
  Event event = bare_event(Type::environment, Phase::none);
  event.line = "disk \xff full";
  CHECK(from_json_line(to_json_line(event)).line == "disk \xef\xbf\xbd full");
  event.message = "\xff";
  CHECK_THROWS_AS(to_json_line(event), std::runtime_error);
}
