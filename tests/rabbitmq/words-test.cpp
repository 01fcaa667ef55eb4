#include <doctest/doctest.h>

#include "agents/systems/rabbitmq/code-path.hpp"
#include "agents/systems/rabbitmq/description.hpp"
#include "agents/systems/rabbitmq/installed.hpp"
#include "agents/systems/rabbitmq/place.hpp"
#include "agents/systems/rabbitmq/settings.hpp"
#include "tests/files.hpp"

using namespace assay;
using namespace assay::rabbitmq;

TEST_CASE("an address says where the server is, and not as whom it is entered") {
  CHECK(place_of("127.0.0.1:5673") == Place{.host = "127.0.0.1", .port = 5673});
  CHECK(place_of("broker:5672/orders") == Place{.host = "broker", .virtual_host = "orders"});
  CHECK(place_of("amqp://broker/a%2Fb") == Place{.host = "broker", .virtual_host = "a/b"});
  CHECK(place_of("amqp://[::1]:7") == Place{.host = "::1", .port = 7});
  CHECK(place_of("amqps://broker?cacertfile=/ca.pem") == Place{.host = "broker", .port = 5671, .tls = true, .authorities = "/ca.pem"});
  for (const auto* wrong : {"", "broker", "broker:", "broker:0", "broker:70000", ":5672", "http://broker", "amqp://me:secret@broker", "amqp://me@broker",
                            "amqp://broker?cacertfile=x", "amqps://broker?verify=none"}) {
    CAPTURE(wrong);
    CHECK_THROWS_WITH_AS(place_of(wrong), doctest::Contains("expected HOST:PORT"), std::runtime_error);
    try {
      place_of(wrong);
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()).find("secret@") == std::string::npos);
    }
  }
}

TEST_CASE("settings are those that are described, and no others are taken") {
  CHECK(settings_in(nlohmann::json::object()) == Settings{});
  CHECK(settings_in({{"queue_type", "quorum"}, {"delivery_limit", 3}}).delivery_limit == 3);
  const auto refused = [](const nlohmann::json& given, const char* why) {
    CHECK_THROWS_WITH_AS(settings_in(given), doctest::Contains(why), std::runtime_error);
  };
  refused({{"durable", 1}}, "1 is no boolean");
  refused({{"overflow", "drop-tail"}}, "is not one of its values");
  refused({{"heartbeat_s", 3}}, "is not one of its values");
  refused({{"max_length", -1}}, "is not from 0 to");
  refused({{"queue_age_ms", 3}}, "it may not be given with queue_type");
  refused({{"durable", false}, {"queue_settled", false}}, "it may not be given with durable");
  refused({{"delivery_limit", 3}}, "it may not be given with queue_type");
  refused({{"dead_letter", "at-least-once"}, {"dead_letter_max_length", 3}}, "it may not be given with dead_letter");
  refused({{"queue_type", "quorum"}, {"durable", false}}, "it may not be given with queue_type");
}

TEST_CASE("the newest server that is installed is the one, if it is new enough") {
  const TemporaryDirectory folder;
  CHECK(installed_in({folder.path()}).missing.find("install the package") != std::string::npos);
  const auto install = [&](const std::string& version) {
    const auto scripts = folder / ("rabbitmq_server-" + version) / "sbin";
    std::filesystem::create_directories(scripts);
    std::ofstream(scripts / "rabbitmq-server") << "#!/bin/sh\n";
    std::filesystem::permissions(scripts / "rabbitmq-server", std::filesystem::perms::owner_all);
  };
  install("3.9.29");
  CHECK(installed_in({folder.path()}).missing.find("3.9.29 is too old") != std::string::npos);
  install("3.10.8"), install("3.13.0");
  const auto found = installed_in({folder.path()});
  CHECK(found.version == "3.13.0");
  CHECK(found.missing.empty());
}

TEST_CASE("a server is told where its code lies, and is offered no plugin but itself") {
  namespace fs = std::filesystem;
  const TemporaryDirectory folder;
  const Installed server{.code = folder / "server", .erlang = folder / "erlang"};
  CHECK(short_code_path(server, folder / "none").arguments.empty());
  CHECK_FALSE(fs::exists(folder / "none"));

  for (const auto* code : {"server/plugins/rabbit-3.10.8", "server/plugins/rabbit_common-3.10.8", "server/plugins/rabbitmq_shovel-3.10.8",
                           "server/plugins/ra-2.2.0", "erlang/ra-1.0", "erlang/ssl-10.8.7"})
    fs::create_directories(folder / code / "ebin");
  for (int start = 1; start <= 2; ++start) {  // as it is killed and started again
    const auto path = short_code_path(server, folder / "plugins");
    CHECK(path.arguments == "-pa " + (folder / "server/plugins/rabbit-3.10.8/ebin").string() + " " + (folder / "erlang/ssl-10.8.7/ebin").string() +
                                " " + (folder / "server/plugins/rabbit_common-3.10.8/ebin").string());
    CHECK(path.plugins == folder / "plugins");
  }
  CHECK(std::distance(fs::directory_iterator(folder / "plugins"), {}) == 1);
  CHECK(fs::exists(folder / "plugins/rabbit-3.10.8/ebin"));
}

TEST_CASE("a client that is watched by heartbeats, and dead letters that are tried again, are timers") {
  const auto described = description();
  const auto timers_of = [&](const nlohmann::json& settings) {
    nlohmann::json timers = described.at("timers");
    for (const auto& variant : described.at("variants")) {
      bool holds = variant.contains("timers");
      for (const auto& [name, value] : variant.at("when").items()) holds = holds && settings.contains(name) && settings.at(name) == value;
      if (holds) timers = variant.at("timers");
    }
    std::vector<std::string> names;
    for (const auto& timer : timers) names.push_back(timer.at("name"));
    return names;
  };
  using Names = std::vector<std::string>;
  CHECK(timers_of(nlohmann::json::object()) == Names{"delivery", "time to live"});
  CHECK(timers_of({{"heartbeat_s", 2}}) == Names{"delivery", "time to live", "heartbeat"});
  CHECK(timers_of({{"dead_letter", "at-least-once"}}) == Names{"delivery", "time to live", "dead letter retry"});
  CHECK(timers_of({{"dead_letter", "at-least-once"}, {"heartbeat_s", 60}}) ==
        Names{"delivery", "time to live", "heartbeat", "dead letter retry"});
}
