// The verbs of assay-redis, as cli calls them.
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agents/os/free-port.hpp"
#include "tests/redis/server.hpp"

using namespace assay;
using namespace assay::redis;

namespace {

const AdapterProgram adapter{"redis", std::chrono::seconds(5)};

const std::map<std::string, std::string> secret{{"ASSAY_SECRET", "se cret\"\n#"}};
const std::map<std::string, std::string> impatient{{"ASSAY_PROBE_TIMEOUT_MS", "100"}};

}  // namespace

TEST_CASE("describe tells the installed version and what Redis can and cannot do") {
  const auto finished = adapter.run({"describe"});
  REQUIRE(finished.end == Change{.kind = Change::Kind::exited, .value = 0, .wait_status = 0});
  const auto described = nlohmann::json::parse(finished.output);
  CHECK(described.at("version").get<std::string>().find('.') != std::string::npos);
  CHECK(described.at("abilities") == nlohmann::json{{"shape", "queue"},
                                                    {"send_answered", true},
                                                    {"client_retries", false},
                                                    {"dedup", nlohmann::json::array()},
                                                    {"ack", "each"},
                                                    {"ack_answered", true},
                                                    {"stale_ack_refused", false},
                                                    {"takeover", "request"},
                                                    {"transactions", "none"},
                                                    {"lists_stored", true},
                                                    {"backlog", "authoritative"}});
  CHECK(described.at("timers") == nlohmann::json{{{"name", "idle"}, {"setting", "idle_ms"}}});
  CHECK(described.at("windows") == false);
  std::vector<std::string> names;
  for (const auto& setting : described.at("settings")) names.push_back(setting.at("name"));
  CHECK(names == std::vector<std::string>{"mode", "appendonly", "appendfsync", "save", "maxmemory", "maxmemory-policy", "noack",
                                          "maxlen", "idle_ms", "dedup_script", "fence_script", "nodes", "lagging", "wait", "slow_fdatasync_ms"});
  CHECK(described.at("cluster") == nlohmann::json{{"nodes", "nodes"}, {"lagging", "lagging"}});
}

TEST_CASE("describe tells what is different with which setting, and what is not Redis's own") {
  const auto described = nlohmann::json::parse(adapter.run({"describe"}).output);
  CHECK(described.at("emulated") == nlohmann::json::array());
  CHECK(described.at("variants") == nlohmann::json::parse(R"([
    {"when": {"mode": "list-pop"},
     "abilities": {"ack": "none", "ack_answered": false, "takeover": "never", "backlog": "advisory", "lists_stored": false},
     "verbs": {"send": "LPUSH", "ack": ""}},
    {"when": {"mode": "list-move"}, "abilities": {"stale_ack_refused": true, "lists_stored": false},
     "verbs": {"send": "LPUSH", "ack": "LREM"}},
    {"when": {"mode": "pubsub"},
     "abilities": {"shape": "fan-out", "ack": "none", "ack_answered": false, "takeover": "never", "backlog": "none",
                   "lists_stored": false},
     "verbs": {"send": "PUBLISH", "ack": ""}, "timers": [{"name": "delivery", "ms": 100}]},
    {"when": {"noack": true},
     "abilities": {"ack": "none", "ack_answered": false, "takeover": "never", "backlog": "advisory"}},
    {"when": {"dedup_script": true}, "abilities": {"dedup": ["id", "session-sequence"]}, "emulated": ["dedup"]},
    {"when": {"fence_script": true}, "abilities": {"stale_ack_refused": true}, "emulated": ["stale_ack_refused"]},
    {"when": {"mode": "list-move", "maxmemory-policy": "allkeys-lru"}, "abilities": {"backlog": "advisory"}},
    {"when": {"mode": "list-move", "maxmemory-policy": "allkeys-lfu"}, "abilities": {"backlog": "advisory"}},
    {"when": {"mode": "list-move", "maxmemory-policy": "allkeys-random"}, "abilities": {"backlog": "advisory"}}
  ])"));
}

TEST_CASE("describe without a server says what to install") {
  const auto described = nlohmann::json::parse(adapter.run({"describe"}, {{"PATH", "/nowhere"}}).output);
  CHECK(described.at("version").is_null());
  CHECK(described.at("missing") == "redis-server is not in PATH: install the package redis-server (ci/setup does)");
}

TEST_CASE("serve becomes a server that keeps its secret, its settings and its data") {
  TemporaryDirectory directory;
  const auto address = free_address();
  std::ofstream(directory.path() / "settings.json") << R"({"appendfsync": "everysec", "save": "900 1 60 5", "maxmemory": "100mb",
                                                            "maxmemory-policy": "allkeys-lru"})";
  const auto serve = adapter.verb({"serve", directory.path().string(), address}, secret);

  auto server = ChildProcess::spawn(serve);
  REQUIRE(adapter.run({"probe", address}, secret).end.value == 0);
  const auto conf = directory.path() / "redis.conf";
  CHECK(std::filesystem::status(conf).permissions() == std::filesystem::perms(0600));

  ::setenv("ASSAY_SECRET", secret.at("ASSAY_SECRET").c_str(), 1);
  Connection connection(address);
  const auto setting = [&](const char* name) {
    return text(*elements(*connection.insist({"CONFIG", "GET", name}, soon())).at(1));
  };
  CHECK(setting("appendonly") == "yes");
  CHECK(setting("appendfsync") == "everysec");
  CHECK(setting("save") == "900 1 60 5");
  CHECK(setting("maxmemory") == std::to_string(100 * 1024 * 1024));
  CHECK(setting("maxmemory-policy") == "allkeys-lru");
  CHECK(setting("dir") == std::filesystem::canonical(directory.path()).string());
  const auto info = text(*connection.insist({"INFO", "server"}, soon()));
  CHECK(info.find("process_id:" + std::to_string(server.pid()) + "\r\n") != std::string::npos);
  connection.insist({"SET", "kept", "yes"}, soon());

  server.signal(SIGKILL);
  REQUIRE(server.wait_ended(soon()));
  auto again = ChildProcess::spawn(serve);
  CHECK(text(*connection.insist({"GET", "kept"}, soon())) == "yes");
  ::unsetenv("ASSAY_SECRET");

  CHECK(adapter.run({"probe", address}, impatient).end.value == 1);
  const auto refusal = connection.attempt(soon());
  REQUIRE(refusal);
  CHECK(refusal->reason == "NOAUTH Authentication required.");
}

// The time that an XADD takes which is answered only after it was synced.
TEST_CASE("a server whose fdatasync is slow answers slowly") {
  TemporaryDirectory directory;
  const auto address = free_address();
  std::ofstream(directory.path() / "settings.json") << R"({"slow_fdatasync_ms": 150})";
  auto server = ChildProcess::spawn(adapter.verb({"serve", directory.path().string(), address}));
  REQUIRE(adapter.run({"probe", address}).end.value == 0);
  Connection connection(address);
  REQUIRE(connection.connect(soon()));
  const auto asked = std::chrono::steady_clock::now();
  connection.insist({"XADD", "ch", "*", "b", "body"}, soon());
  CHECK(std::chrono::steady_clock::now() - asked >= std::chrono::milliseconds(150));
}

TEST_CASE("a setting with an unknown value is refused before a server is started") {
  TemporaryDirectory directory;
  const auto refused = [&](const std::string& settings) {
    std::ofstream(directory.path() / "settings.json") << settings;
    const auto finished = adapter.run({"serve", directory.path().string(), "127.0.0.1:1"});
    CHECK(finished.end.value == 70);
    return finished.output + finished.errors;
  };
  CHECK(refused(R"({"appendfsync": "sometimes"})").find("\"sometimes\" is not one of its values") != std::string::npos);
  CHECK(refused(R"({"save": "900"})").find("expected pairs of seconds and changes") != std::string::npos);
  CHECK(refused(R"({"save": "\nrequirepass x"})").find("expected pairs") != std::string::npos);
  CHECK(refused(R"({"maxmemory": "lots"})").find("expected a number of bytes") != std::string::npos);
  CHECK(refused(R"({"maxmemory": "1 mb"})").find("expected a number of bytes") != std::string::npos);
  CHECK(refused(R"({"maxmemory-policy": "forget"})").find("is not one of its values") != std::string::npos);
  CHECK(refused(R"({"maxlen": -1})").find("-1 is not from 0 to 1000000000") != std::string::npos);
  CHECK(refused(R"({"maxlen": "5"})").find("is no integer") != std::string::npos);
  CHECK(refused(R"({"noack": 1})").find("1 is no boolean") != std::string::npos);
  CHECK(refused(R"({"mode": "pubsub", "maxlen": 5})").find("\"maxlen\" of Redis: it may not be given with mode \"pubsub\"") !=
        std::string::npos);
  CHECK(refused(R"({"lagging": 1})").find("\"lagging\" of Redis: it may not be given with nodes 1") != std::string::npos);
  CHECK(refused(R"({"nodes": 2, "lagging": 2})").find("there are only 1 replicas") != std::string::npos);
  CHECK(refused(R"({"nodes": 3, "lagging": 1, "wait": 2})").find("only 1 replicas keep up with the primary") != std::string::npos);
  CHECK(refused(R"({"nodes": 2, "wait": 1, "dedup_script": true})").find("it may not be given with dedup_script true") !=
        std::string::npos);
  CHECK(refused(R"({"noack": true, "idle_ms": 5})").find("it may not be given with noack true") != std::string::npos);
}

TEST_CASE("replica, in-sync, cut-off and promote make a replica the primary on what it has") {
  TemporaryDirectory directory;
  const auto served = [&](std::vector<std::string> words) {
    const auto home = directory.path() / ("n" + std::to_string(words.size()));
    std::filesystem::create_directories(home);
    std::ofstream(home / "settings.json") << R"({"nodes": 2, "appendfsync": "no"})";
    words.insert(words.begin() + 1, home.string());
    return ChildProcess::spawn(adapter.verb(words, secret));
  };
  const auto primary = free_address(), replica = free_address();
  auto first = served({"serve", primary});
  REQUIRE(adapter.run({"probe", primary}, secret).end.value == 0);
  CHECK(adapter.run({"in-sync", primary}, {{"ASSAY_SECRET", secret.at("ASSAY_SECRET")}, {"ASSAY_PROBE_TIMEOUT_MS", "50"}}).errors ==
        "assay-redis: in-sync " + primary + ": it is no replica\n");
  auto second = served({"replica", replica, primary});
  REQUIRE(adapter.run({"in-sync", replica, std::to_string(second.pid())}, secret).end.value == 0);

  ::setenv("ASSAY_SECRET", secret.at("ASSAY_SECRET").c_str(), 1);
  Connection connection(primary + "," + replica);
  connection.insist({"SET", "before", "yes"}, soon());
  CHECK(text(*connection.insist({"WAIT", "1", "2000"}, soon())).empty());
  REQUIRE(adapter.run({"cut-off", replica}, secret).end.value == 0);
  connection.insist({"SET", "after", "yes"}, soon());
  first.signal(SIGKILL);
  REQUIRE(first.wait_ended(soon()));
  const auto promoted = adapter.run({"promote", replica}, secret);
  CHECK(promoted.output == replica + "\n");
  CHECK(text(*connection.insist({"GET", "before"}, soon())) == "yes");
  CHECK(text(*connection.insist({"GET", "after"}, soon())) == "");
  ::unsetenv("ASSAY_SECRET");
}

TEST_CASE("probe says that nobody listens") {
  const auto finished = adapter.run({"probe", free_address()}, impatient);
  CHECK(finished.end.value == 1);
  CHECK((finished.output + finished.errors).find("connection refused") != std::string::npos);
}
