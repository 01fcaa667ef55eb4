#include <doctest/doctest.h>

#include <stdexcept>

#include "agents/control/placeholders.hpp"
#include "agents/control/recognition.hpp"

using namespace assay;

namespace {

std::string found(const std::string& rule, const std::string& body) { return Recognition(rule).message_in(body).value_or("nothing"); }

std::string complaint(const std::string& rule) {
  try {
    const Recognition tried(rule);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a JSON pointer finds a text wherever it stands, and nothing else") {
  CHECK(found("pointer /order", R"({"order": "1/producer-0/7", "text": "x"})") == "1/producer-0/7");
  CHECK(found("pointer /order/ids/1", R"({"order": {"ids": ["a", "b"]}})") == "b");
  CHECK(found("pointer /a~1b/c~0d", R"({"a/b": {"c~d": "m"}})") == "m");
  CHECK(found("pointer ", R"("m")") == "m");
  for (const std::string body : {R"({"order": 7})", R"({"order": null})", R"({"other": "m"})", R"({"order": ""})", R"({"order": "a b"})",
                                 R"(["m"])", "", "order", R"({"order": "m")", "\xff"}) {
    CAPTURE(body);
    CHECK(found("pointer /order", body) == "nothing");
  }
}

TEST_CASE("a pattern finds what its group matches") {
  CHECK(found("pattern order=([^;]+)", "text=x;order=1/producer-0/7;end") == "1/producer-0/7");
  CHECK(found("pattern order=([^;]+)", "order=;") == "nothing");
  CHECK(found("pattern (?:order|confirmed): (\\S+)", "confirmed: m") == "m");
  CHECK(found("pattern a(b)?c", "ac") == "nothing");
  CHECK(found("pattern order=([^;]+)", "text") == "nothing");
}

TEST_CASE("a body that is too long for a pattern is no message that is not there") {
  CHECK_THROWS_AS(found("pattern order=([^;]+)", std::string(17'000, 'x')), std::runtime_error);
  CHECK(found("pattern order=([^;]+)", "order=m;" + std::string(16'000, 'x')) == "m");
}

TEST_CASE("a rule that cannot be one says why") {
  CHECK(complaint("pointer order") == "\"order\" is no JSON pointer; expected one as \"/order/id\" (RFC 6901)");
  CHECK(complaint("pointer /a~2") == "\"/a~2\" is no JSON pointer; expected one as \"/order/id\" (RFC 6901)");
  CHECK(complaint("pattern order=.*") == "\"order=.*\" has 0 groups; expected one, around the message, as in \"order=([^;]+)\"");
  CHECK(complaint("pattern (a)(b)") == "\"(a)(b)\" has 2 groups; expected one, around the message, as in \"order=([^;]+)\"");
  CHECK(complaint("pattern (a").starts_with("\"(a\" is no regular expression of ECMAScript: "));
  CHECK(complaint("header") == "a message is recognised by a pointer or a pattern, not by \"header\"");
}

TEST_CASE("gaps are words between braces; what a shell or JSON reads is none") {
  CHECK(gaps_in(R"({"order": "{message}", "{}": {"a": {body}}})") == std::vector<std::string>{"message", "body"});
  CHECK(gaps_in("--to {output} ${HOME} ${port} {print $1} {a{b}{Port}") == std::vector<std::string>{"output", "b", "Port"});
  for (const auto* text : {"", "{ port }", "a{1}b", "{port", "{}"}) CHECK(gaps_in(text).empty());
  CHECK(filled_in("{to} ${to} {", {{"to", "x"}}) == "x ${to} {");
  CHECK(filled_in(R"({"order": "{message}", "n": {attempt}})", {{"message", "m"}, {"attempt", "1"}}) == R"({"order": "m", "n": 1})");
}

TEST_CASE("what is put into a gap is not looked at again") {
  CHECK(filled_in("{a}{b}{c}", {{"a", "{b}"}, {"b", "{a}"}}) == "{b}{a}{c}");
}
