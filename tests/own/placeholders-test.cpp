// What is put in place of words in braces.
#include <doctest/doctest.h>

#include "cli/placeholders.hpp"

using namespace assay;

TEST_CASE("port, directory and address are filled in wherever they stand") {
  const std::map<std::string, std::string> values{{"address", "127.0.0.1:7"}, {"directory", "/d"}, {"port", "7"}};
  CHECK(filled_in("{port}", values) == "7");
  CHECK(filled_in("--listen={address},--data={directory}/data", values) == "--listen=127.0.0.1:7,--data=/d/data");
  CHECK(filled_in("nothing {to} fill: ${port} {} {port", {{"to", "x"}}) == "nothing x fill: ${port} {} {port");
  CHECK(filled_in("", values) == "");
}

TEST_CASE("what nothing is put in place of is found, and what a shell or a JSON parser reads is left alone") {
  CHECK(unknown_placeholder("{port}{ports}") == "ports");
  for (const auto* text : {"", "{port}:{address}", "${HOME}", "{\"a\": {}}", "{ port }", "a{1}b", "{port"}) {
    CAPTURE(text);
    CHECK(unknown_placeholder(text) == "");
  }
}
