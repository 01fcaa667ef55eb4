#include "agents/systems/nats/names.hpp"
#include "agents/systems/nats/place.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

using namespace assay::nats;

TEST_CASE("an address is a host with a port, or a URL without a password") {
  CHECK(place_of("127.0.0.1:4222") == Place{.host = "127.0.0.1", .port = "4222", .user = "", .ca_file = ""});
  CHECK(place_of("nats://broker:4222?user=me") == Place{.host = "broker", .port = "4222", .user = "me", .ca_file = ""});
  CHECK(place_of("tls://broker:4222?user=me&ca=/etc/ca.pem") ==
        Place{.host = "broker", .port = "4222", .user = "me", .tls = true, .ca_file = "/etc/ca.pem"});
  CHECK(place_of("tls://broker:4222").tls);
  for (const auto* wrong : {"", "broker", ":4222", "broker:", "broker:0", "broker:65536", "http://broker:80",
                            "nats://me:secret@broker:4222", "nats://me@broker:4222", "nats://broker:4222?ca=/etc/ca.pem"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(place_of(wrong), std::runtime_error);
  }
}

TEST_CASE("a delivery says in its reply subject how often it was delivered, and as what it is stored") {
  const auto plain = delivery_mark("$JS.ACK.t5.assay.3.17.40.1795884237798873749.2");
  REQUIRE(plain);
  CHECK(plain->count == 3);
  CHECK(plain->sequence == 17);
  const auto with_domain = delivery_mark("$JS.ACK.hub.ACC.t5.assay.3.17.40.1795884237798873749.2.x");
  REQUIRE(with_domain);
  CHECK(with_domain->count == 3);
  CHECK(with_domain->sequence == 17);
  for (const auto* wrong : {"", "t5", "$JS.API.CONSUMER.INFO.t5.assay.1.2.3", "$JS.ACK.t5.assay.x.17.40.1.2"}) CHECK_FALSE(delivery_mark(wrong));
}

TEST_CASE("a copy is named by its sequence and its bytes") {
  CHECK(copy_name("t5", 17, "a") != copy_name("t5", 17, "b"));
  CHECK(copy_name("t5", 17, "a") != copy_name("t5", 18, "a"));
  CHECK(copy_name("t5", 17, "a").starts_with("t5/17-"));
}

TEST_CASE("a channel has no characters that mean something in a subject") {
  CHECK(checked_channel("assay-1-t5") == "assay-1-t5");
  for (const auto* wrong : {"", "a.b", "a b", "a*", "a>", "a/b"}) CHECK_THROWS_AS(checked_channel(wrong), std::runtime_error);
}

TEST_CASE("stored bytes come in base64") {
  CHECK(from_base64("") == "");
  CHECK(from_base64("aGVsbG8=") == "hello");
  CHECK(from_base64("AP8NCg==") == std::string("\0\xff\r\n", 4));
  CHECK_THROWS_AS(from_base64("a b"), std::runtime_error);
}
