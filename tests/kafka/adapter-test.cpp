// The verbs of assay-kafka, as cli calls them.
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agents/os/free-port.hpp"
#include "tests/kafka/server.hpp"

using namespace assay;
using namespace assay::kafka;

namespace {

const AdapterProgram adapter{"kafka", std::chrono::seconds(60)};

}  // namespace

TEST_CASE("describe tells the version of the jars and what Kafka can and cannot do") {
  const auto described = nlohmann::json::parse(adapter.run({"describe"}).output);
  CHECK(described.at("version").get<std::string>().starts_with("3."));
  CHECK(described.at("abilities") == nlohmann::json{{"shape", "log"},
                                                    {"send_answered", true},
                                                    {"client_retries", false},
                                                    {"dedup", nlohmann::json::array()},
                                                    {"ack", "cumulative"},
                                                    {"ack_answered", true},
                                                    {"stale_ack_refused", true},
                                                    {"takeover", "request"},
                                                    {"transactions", "send-and-offsets"},
                                                    {"lists_stored", true},
                                                    {"backlog", "authoritative"}});
  CHECK(described.at("variants").size() == 5);
}

TEST_CASE("describe says what to do where there are no jars") {
  const TemporaryDirectory empty;
  const auto described = nlohmann::json::parse(adapter.run({"describe"}, {{"ASSAY_KAFKA", empty.path().string()}}).output);
  CHECK(described.at("version").is_null());
  CHECK(described.at("missing").get<std::string>().find("ci/setup --systems kafka") != std::string::npos);
}

TEST_CASE("serve becomes java, and probe finds it ready") {
  const auto& server = Server::shared();
  CHECK(std::filesystem::read_symlink("/proc/" + std::to_string(server.pid()) + "/exe").filename() == "java");
  CHECK(adapter.run({"probe", server.address(), std::to_string(server.pid())}).end.value == 0);
}

TEST_CASE("probe says that nobody listens") {
  const auto finished = adapter.run({"probe", free_address()}, {{"ASSAY_PROBE_TIMEOUT_MS", "600"}});
  CHECK(finished.end.value == 1);
  CHECK(finished.errors.find("_TIMED_OUT") != std::string::npos);
}

TEST_CASE("a setting with a wrong value is refused before a server is started") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "settings.json") << R"({"acks": "perhaps"})";
  const auto finished = adapter.run({"serve", directory.path().string(), "127.0.0.1:1"});
  CHECK(finished.end.value == 70);
  CHECK(finished.errors.find("\"perhaps\" is not one of its values") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(directory / "data"));
}
