// What is read before anything is connected: addresses and settings.
#include <doctest/doctest.h>

#include "agents/systems/mqtt/copies.hpp"
#include "agents/systems/mqtt/place.hpp"
#include "agents/systems/mqtt/settings.hpp"

using namespace assay::mqtt;

TEST_CASE("an address is a host and a port, or words") {
  CHECK(place_in("127.0.0.1:1883") == Place{.host = "127.0.0.1", .port = 1883, .user = "", .tls = false, .ca_file = ""});
  CHECK(place_in("[::1]:1883").host == "::1");
  CHECK(place_in("host=broker user=me tls=yes port=8883 ca=/etc/ca.pem") ==
        Place{.host = "broker", .port = 8883, .user = "me", .tls = true, .ca_file = "/etc/ca.pem"});
  CHECK(place_in("host=broker").port == 1883);
}

TEST_CASE("an address that is none is refused") {
  for (const auto* address : {"127.0.0.1", "127.0.0.1:", ":1883", "127.0.0.1:70000", "mqtt://broker:1883", "me@broker:1883"}) {
    CAPTURE(address);
    CHECK_THROWS_WITH(place_in(address), doctest::Contains("expected HOST:PORT"));
  }
  for (const auto* words : {"port=1883", "host=broker tls=perhaps", "host=broker ca=/etc/ca.pem", "host=broker port=x"}) {
    CAPTURE(words);
    CHECK_THROWS_WITH(place_in(words), doctest::Contains("do not fit together"));
  }
}

TEST_CASE("a password in an address is refused, and not repeated") {
  CHECK_THROWS_WITH(place_in("host=broker password=geheim"), doctest::Contains("the password in ASSAY_SECRET"));
  try {
    place_in("host=broker password=geheim");
  } catch (const std::exception& error) {
    CHECK(std::string(error.what()).find("geheim") == std::string::npos);
  }
}

TEST_CASE("settings are as given, or as by default") {
  const auto usual = settings_in(nlohmann::json::object());
  CHECK(usual.qos == 1);
  CHECK(usual.autosave_interval_s == 1800);
  CHECK(usual.max_queued_messages == 1000);
  CHECK(usual.acknowledges());
  CHECK_FALSE(settings_in({{"qos", 2}}).acknowledges());
  CHECK_FALSE(settings_in({{"loop", "plain"}}).acknowledges());
}

TEST_CASE("a setting with a wrong value, or without its company, is refused") {
  CHECK_THROWS_WITH(settings_in({{"qos", 3}}), "setting \"qos\" of MQTT: 3 is not from 0 to 2");
  CHECK_THROWS_WITH(settings_in({{"loop", "forever"}}), "setting \"loop\" of MQTT: \"forever\" is not one of its values");
  CHECK_THROWS_WITH(settings_in({{"clean_session", 1}}), "setting \"clean_session\" of MQTT: 1 is no boolean");
  CHECK_THROWS_WITH(settings_in({{"persistence", false}, {"autosave_changes", 1}}),
                    "setting \"autosave_changes\" of MQTT: it may not be given with persistence false");
}

TEST_CASE("a copy is named by its bytes") {
  CHECK(name_by_content("ch", "a") == name_by_content("ch", "a"));
  CHECK(name_by_content("ch", "a") != name_by_content("ch", "b"));
  CHECK(name_by_content("ch", "a").starts_with("ch/"));
}
