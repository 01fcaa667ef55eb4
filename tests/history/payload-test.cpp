#include "checker/history/payload.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace assay;

namespace {
const Payload sample{.run = "r1", .message = "12/producer-0/17", .attempt = 2, .key = "k3", .body = "line one\nline two"};
}

TEST_CASE("a payload comes back from its bytes") {
  CHECK(to_bytes(sample) == "assay/1 r1 12/producer-0/17 2 k3\nline one\nline two");
  CHECK(parse_payload(to_bytes(sample)) == sample);

  Payload bare = sample;
  bare.key.clear();
  bare.body.clear();
  CHECK(to_bytes(bare) == "assay/1 r1 12/producer-0/17 2 -\n");
  CHECK(parse_payload(to_bytes(bare)) == bare);
}

TEST_CASE("bytes that do not begin with a header of ours are nobody's message") {
  for (const char* alien :
       {"", "assay/1", "assay/1 ", "assay/2 r m 1 k\n", "ASSAY/1 r m 1 k\n", " assay/1 r m 1 k\n", "assay/1  m 1 k\n",
        "assay/1 r  1 k\n", "assay/1 r m 1 \n", "assay/1 r m 1 k", "assay/1 r m 1\n", "assay/1 r m 1 k x\n",
        "assay/1 r m 0 k\n", "assay/1 r m -1 k\n", "assay/1 r m +1 k\n", "assay/1 r m 01 k\n", "assay/1 r m 1x k\n",
        "assay/1 r m x k\n", "assay/1 r m 9223372036854775808 k\n", "assay/1 r m 1 k\r\n", "assay/1 r\tm 1 k q\n",
        "assay/1 r m\n1 1 k\n", "assay/1 r \xc3\xa4 1 k\n"}) {
    CAPTURE(alien);
    CHECK_FALSE(parse_payload(alien).has_value());
  }
  CHECK_FALSE(parse_payload(std::string_view("assay/1 r m\0 1 k\n", 17)).has_value());
  CHECK(parse_payload("assay/1 r m 9223372036854775807 k\n").has_value());
}

TEST_CASE("the digest covers run, message, key and body and nothing else") {
  const std::string of_sample = digest(sample);
  CHECK(of_sample.size() == 32);
  CHECK(of_sample.find_first_not_of("0123456789abcdef") == std::string::npos);

  Payload changed = sample;
  SUBCASE("not the attempt") {
    changed.attempt = 3;
    CHECK(digest(changed) == of_sample);
    return;
  }
  SUBCASE("the run") { changed.run = "r2"; }
  SUBCASE("the message") { changed.message += '0'; }
  SUBCASE("the key") { changed.key.clear(); }
  SUBCASE("the body") { changed.body[3] = 'X'; }
  SUBCASE("where key and body part") {
    changed.key = "k3\n";
    changed.key.pop_back();
    changed.body = "\n" + changed.body;
  }
  CHECK(digest(changed) != of_sample);
}

TEST_CASE("the digest is XXH3-128 of the four parts, each but the last ended by a line end") {
  // printf 'r1\n12/producer-0/17\nk3\nline one\nline two' | xxhsum -H2
  CHECK(digest(sample) == "9937873501712d92098d5d47bfeafbc9");
}

TEST_CASE("a body is fixed by seed and message and printable") {
  CHECK(body_of(1, "m", 0).empty());
  const std::string body = body_of(1, "12/producer-0/17", 1000);
  CHECK(body.size() == 1000);
  CHECK(std::all_of(body.begin(), body.end(), [](char c) { return c > ' ' && c <= '~'; }));
  CHECK(body == body_of(1, "12/producer-0/17", 1000));
  CHECK(body.substr(0, 10) == body_of(1, "12/producer-0/17", 10));
  CHECK(body != body_of(2, "12/producer-0/17", 1000));
  CHECK(body != body_of(1, "12/producer-0/18", 1000));
  CHECK(body_of(42, "1/p/1", 20) == "AzbU6dUPvIlWgrke7HIQ");  // stored plans rest on it

  const std::set<char> letters(body.begin(), body.end());
  CHECK(letters.size() == 64);
}
