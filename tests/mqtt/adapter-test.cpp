// The verbs of assay-mqtt, as cli calls them.
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agents/os/free-port.hpp"
#include "tests/mqtt/server.hpp"

using namespace assay;
using namespace assay::mqtt;

namespace {

const AdapterProgram adapter{"mqtt", std::chrono::seconds(10)};

}  // namespace

TEST_CASE("describe tells the installed version and what MQTT can and cannot do") {
  const auto described = nlohmann::json::parse(adapter.run({"describe"}).output);
  CHECK(described.at("version").get<std::string>().starts_with("2."));
  const auto& abilities = described.at("abilities");
  CHECK(abilities.at("shape") == "fan-out");
  CHECK(abilities.at("ack") == "each");
  CHECK(abilities.at("ack_answered") == false);
  CHECK(abilities.at("takeover") == "disconnect");
  CHECK(abilities.at("backlog") == "none");
}

TEST_CASE("serve becomes a server with the settings of the profile") {
  const Server server(R"({"autosave_changes": 3, "max_queued_messages": 7, "max_inflight_messages": 5})");
  const auto text = server.configuration();
  for (const auto* line : {"autosave_on_changes true\n", "autosave_interval 3\n", "max_queued_messages 7\n",
                           "max_inflight_messages 5\n", "persistence true\n", " 127.0.0.1\n"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("probe says whether a server answers, and that nobody listens") {
  const Server server;
  CHECK(adapter.run({"probe", server.address()}).end.value == 0);
  const auto nobody = adapter.run({"probe", free_address()}, {{"ASSAY_PROBE_TIMEOUT_MS", "100"}});
  CHECK(nobody.end.value == 1);
  CHECK(nobody.errors.find("Connection refused") != std::string::npos);
}

TEST_CASE("probe says that a server does not answer") {
  Server server;
  server.stop_running();
  const auto silent = adapter.run({"probe", server.address()}, {{"ASSAY_PROBE_TIMEOUT_MS", "200"}});
  server.go_on();
  CHECK(silent.end.value == 1);
  CHECK(silent.errors.find("no answer in time") != std::string::npos);
}

TEST_CASE("a setting with a wrong value is refused before a server is started") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "settings.json") << R"({"qos": 7})" << std::flush;
  const auto finished = adapter.run({"serve", directory.path().string(), "127.0.0.1:1"});
  CHECK(finished.end.value == 70);
  CHECK(finished.errors.find("7 is not from 0 to 2") != std::string::npos);
}
