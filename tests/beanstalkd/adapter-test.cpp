// The verbs of assay-beanstalkd, as cli calls them.
#include <algorithm>
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agents/os/free-port.hpp"
#include "tests/beanstalkd/server.hpp"

using namespace assay;
using namespace assay::beanstalkd;

namespace {

const AdapterProgram adapter{"beanstalkd", std::chrono::seconds(5)};

const std::map<std::string, std::string> impatient{{"ASSAY_PROBE_TIMEOUT_MS", "100"}};

std::string command_line_of(pid_t pid) {
  auto words = contents("/proc/" + std::to_string(pid) + "/cmdline");
  std::replace(words.begin(), words.end(), '\0', ' ');
  return words;
}

}  // namespace

TEST_CASE("describe tells the installed version and what beanstalkd can and cannot do") {
  const auto finished = adapter.run({"describe"});
  REQUIRE(finished.end == Change{.kind = Change::Kind::exited, .value = 0, .wait_status = 0});
  const auto described = nlohmann::json::parse(finished.output);
  CHECK(described.at("version").get<std::string>().starts_with("1."));
  CHECK(described.at("abilities") == nlohmann::json{{"shape", "queue"},
                                                    {"send_answered", true},
                                                    {"client_retries", false},
                                                    {"dedup", nlohmann::json::array()},
                                                    {"ack", "each"},
                                                    {"ack_answered", true},
                                                    {"stale_ack_refused", true},
                                                    {"takeover", "disconnect"},
                                                    {"transactions", "none"},
                                                    {"lists_stored", false},
                                                    {"backlog", "authoritative"}});
  CHECK(described.at("timers") == nlohmann::json::parse(R"([{"name": "ttr", "ms": 600000}])"));
  std::vector<std::string> names;
  for (const auto& setting : described.at("settings")) names.push_back(setting.at("name"));
  CHECK(names == std::vector<std::string>{"binlog", "fsync_ms", "ttr_s"});
}

TEST_CASE("describe without a server says what to install") {
  const auto described = nlohmann::json::parse(adapter.run({"describe"}, {{"PATH", "/nowhere"}}).output);
  CHECK(described.at("version").is_null());
  CHECK(described.at("missing") == "beanstalkd is not in PATH: install the package beanstalkd (ci/setup does)");
}

TEST_CASE("serve becomes a server with the settings of the profile, and its jobs outlive it") {
  TemporaryDirectory directory;
  const auto address = free_address();
  std::ofstream(directory / "settings.json") << R"({"binlog": true, "fsync_ms": 20})";
  const auto serve = adapter.verb({"serve", directory.path().string(), address});

  auto server = ChildProcess::spawn(serve);
  REQUIRE(adapter.run({"probe", address, std::to_string(server.pid())}).end.value == 0);
  CHECK(command_line_of(server.pid()) == "beanstalkd -l 127.0.0.1 -p " + address.substr(10) + " -z 2097152 -b " +
                                             directory.path().string() + "/binlog -s 4194304 -f 20 ");
  Connection connection(address);
  CHECK(connection.insist("stats\r\n", soon()).field("pid") == std::to_string(server.pid()));
  CHECK(connection.insist("put 1 0 1 4\r\nkept\r\n", soon()).line == "INSERTED 1");

  server.signal(SIGKILL);
  REQUIRE(server.wait_ended(soon()));
  auto again = ChildProcess::spawn(serve);
  CHECK(connection.insist("peek 1\r\n", soon()) == Reply{"FOUND 1 4", "kept"});
}

TEST_CASE("serve writes no log, or never syncs it, when the profile says so") {
  TemporaryDirectory directory;
  const auto options = [&](const std::string& settings) {
    std::ofstream(directory / "settings.json") << settings;
    const auto address = free_address();
    auto server = ChildProcess::spawn(adapter.verb({"serve", directory.path().string(), address}));
    REQUIRE(adapter.run({"probe", address}).end.value == 0);
    const auto words = command_line_of(server.pid());
    return words.substr(words.find("-z"));
  };
  CHECK(options(R"({"binlog": false})") == "-z 2097152 ");
  CHECK(options(R"({"fsync_ms": -1})") == "-z 2097152 -b " + directory.path().string() + "/binlog -s 4194304 -F ");
}

TEST_CASE("a setting with a wrong value is refused before a server is started") {
  TemporaryDirectory directory;
  const auto refused = [&](const std::string& settings) {
    std::ofstream(directory / "settings.json") << settings;
    const auto finished = adapter.run({"serve", directory.path().string(), "127.0.0.1:1"});
    CHECK(finished.end.value == 70);
    return finished.errors;
  };
  CHECK(refused(R"({"fsync_ms": -2})").find("-2 is not an integer from -1 to 3600000") != std::string::npos);
  CHECK(refused(R"({"ttr_s": "10"})").find("\"10\" is not an integer from 1 to 86400") != std::string::npos);
  CHECK(refused(R"({"binlog": 1})").find("1 is not true or false") != std::string::npos);
}

TEST_CASE("probe says that nobody listens") {
  const auto finished = adapter.run({"probe", free_address()}, impatient);
  CHECK(finished.end.value == 1);
  CHECK(finished.errors.find("connection refused") != std::string::npos);
}

TEST_CASE("an address that is none is refused") {
  for (const std::string address : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:1x", "here:1"}) {
    CAPTURE(address);
    CHECK_THROWS_WITH(Connection{address}, doctest::Contains("expected an IPv4 address and a port"));
  }
}
