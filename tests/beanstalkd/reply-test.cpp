#include <doctest/doctest.h>

#include "agents/systems/beanstalkd/job.hpp"
#include "agents/systems/beanstalkd/reply.hpp"

using namespace assay::beanstalkd;

namespace {

const std::string spoken = "INSERTED 7\r\nRESERVED 8 7\r\na\r\nb\r\n!\r\nOK 12\r\n---\nid: 0c58\r\nTIMED_OUT\r\n";

const std::vector<Reply> understood{{"INSERTED 7", ""},
                                    {"RESERVED 8 7", "a\r\nb\r\n!"},
                                    {"OK 12", "---\nid: 0c58"},
                                    {"TIMED_OUT", ""}};

std::vector<Reply> read_in_pieces(const std::string& text, std::size_t size) {
  ReplyReader reader;
  std::vector<Reply> replies;
  for (std::size_t at = 0; at < text.size(); at += size) {
    reader.feed(std::string_view(text).substr(at, size));
    while (auto reply = reader.next()) replies.push_back(*reply);
  }
  return replies;
}

void read_whole(const std::string& text) { read_in_pieces(text, text.size()); }

}  // namespace

TEST_CASE("replies are the same in whatever pieces they arrive, line ends within a body included") {
  for (std::size_t size = 1; size <= spoken.size(); ++size) {
    CAPTURE(size);
    CHECK(read_in_pieces(spoken, size) == understood);
  }
}

TEST_CASE("a reply that is cut short is no reply") {
  CHECK(read_in_pieces("RESERVED 8 5\r\nhello", 100).empty());
  CHECK(read_in_pieces("INSERTED 7\r", 100).empty());
}

TEST_CASE("what cannot be beanstalkd is refused") {
  CHECK_THROWS_WITH(read_whole(std::string(1025, 'x')), doctest::Contains("a line without end"));
  CHECK_THROWS_WITH(read_whole(std::string(1025, 'x') + "\r\n"), doctest::Contains("a line without end"));
  CHECK_THROWS_WITH(read_whole("OK yes\r\n"), "beanstalkd announced a body with \"OK yes\"");
  CHECK_THROWS_WITH(read_whole("OK\r\n"), "beanstalkd announced a body with \"OK\"");
  CHECK_THROWS_WITH(read_whole("RESERVED 1 99999999999\r\n"), doctest::Contains("announced a body"));
}

TEST_CASE("words and fields are found by their whole name") {
  const Reply reply{"RESERVED 8 7", "---\ncurrent-jobs: 3\nid: 0c58\nlast: 1"};
  CHECK(reply.word(0) == "RESERVED");
  CHECK(reply.word(2) == "7");
  CHECK(reply.word(3) == "");
  CHECK(reply.field("id") == "0c58");
  CHECK(reply.field("last") == "1");
  CHECK(reply.field("jobs") == "");
  CHECK(reply.field("current") == "");
}

TEST_CASE("one number with other bytes is another copy") {
  CHECK(copy_name("ch", "17", "a") == "ch/17-af63dc4c8601ec8c");
  CHECK(copy_name("ch", "17", "b") != copy_name("ch", "17", "a"));
  CHECK(copy_name("ch", "18", "a") != copy_name("ch", "17", "a"));
}
