// The verbs of assay-nats, as cli calls them.
#include <barrier>
#include <fstream>
#include <thread>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "agents/os/free-port.hpp"
#include "agents/systems/nats/settings.hpp"
#include "agents/systems/nats/stream.hpp"
#include "agents/systems/teller.hpp"
#include "tests/nats/server.hpp"

using namespace assay;
using namespace assay::nats;

namespace {

const AdapterProgram adapter{"nats", std::chrono::seconds(20)};

const std::map<std::string, std::string> impatient{{"ASSAY_PROBE_TIMEOUT_MS", "100"}};

}  // namespace

TEST_CASE("describe tells the installed version and what JetStream can and cannot do") {
  const auto finished = adapter.run({"describe"});
  REQUIRE(finished.end == Change{.kind = Change::Kind::exited, .value = 0, .wait_status = 0});
  const auto described = nlohmann::json::parse(finished.output);
  CHECK(described.at("version").get<std::string>().starts_with("2."));
  CHECK(described.at("abilities") == nlohmann::json{{"shape", "queue"},
                                                    {"send_answered", true},
                                                    {"client_retries", false},
                                                    {"dedup", {"id"}},
                                                    {"ack", "each"},
                                                    {"ack_answered", true},
                                                    {"stale_ack_refused", false},
                                                    {"takeover", "timer"},
                                                    {"transactions", "none"},
                                                    {"give_back", {"nack"}},
                                                    {"lists_stored", true},
                                                    {"backlog", "authoritative"}});
  CHECK(described.at("timers") == nlohmann::json::parse(R"([{"name": "ack wait", "setting": "ack_wait_ms"}])"));
  CHECK(described.at("limits") == nlohmann::json{{"dedup_window_ms", {{"setting", "duplicate_window_ms"}}},
                                                 {"max_delivery", {{"setting", "max_deliver"}}}});
  Lines names;
  for (const auto& setting : described.at("settings")) names.push_back(setting.at("name"));
  CHECK(names == Lines{"mode", "storage", "retention", "max_msgs", "discard", "duplicate_window_ms", "msg_id", "ack_policy",
                       "ack_wait_ms", "max_deliver", "ack_sync", "queue_group"});
}

TEST_CASE("stream and consumer have the settings of the profile") {
  Server server(R"({"storage": "memory", "retention": "interest", "max_msgs": 7, "discard": "new", "duplicate_window_ms": 300,
                    "ack_wait_ms": 400, "max_deliver": 5})");
  consumer(server);
  const auto stream = server.tell("$JS.API.STREAM.INFO.ch").at("config"), group = server.tell("$JS.API.CONSUMER.INFO.ch.g").at("config");
  CHECK(stream.at("storage") == "memory");
  CHECK(stream.at("retention") == "interest");
  CHECK(stream.at("max_msgs") == 7);
  CHECK(stream.at("discard") == "new");
  CHECK(stream.at("duplicate_window") == 300'000'000);
  CHECK(group.at("ack_wait") == 400'000'000);
  CHECK(group.at("max_deliver") == 5);
  CHECK(group.at("ack_policy") == "explicit");
}

TEST_CASE("serve becomes a server that is ready when probed, and dies alone") {
  Server server;
  CHECK(adapter.run({"probe", server.address(), std::to_string(server.pid())}).end.value == 0);
  server.kill();
  const auto finished = adapter.run({"probe", server.address(), std::to_string(server.pid())}, impatient);
  CHECK(finished.end.value == 1);
}

TEST_CASE("who does not know the token is not let in, and is told so at once") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "settings.json") << "{}";
  const auto address = free_address();
  auto server = ChildProcess::spawn(adapter.verb({"serve", directory.path().string(), address}, {{"ASSAY_SECRET", "hush $x"}}));
  CHECK(adapter.run({"probe", address, std::to_string(server.pid())}, {{"ASSAY_SECRET", "hush $x"}}).end.value == 0);
  const auto stranger = adapter.run({"probe", address}, {{"ASSAY_SECRET", "other"}});
  CHECK(stranger.end.value == 70);
  CHECK(stranger.errors.find("Authorization Violation") != std::string::npos);
  CHECK(stranger.errors.find("other") == std::string::npos);
  CHECK(contents("/proc/" + std::to_string(server.pid()) + "/cmdline").find("hush") == std::string::npos);
  CHECK(contents("/proc/" + std::to_string(server.pid()) + "/environ").find("hush") == std::string::npos);
  struct stat about {};
  REQUIRE(::stat((directory / "nats.conf").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  server.signal(SIGKILL);
  server.wait_ended(soon());
}

TEST_CASE("a setting with a wrong value, or one that means nothing beside another, is refused before a server is started") {
  const TemporaryDirectory directory;
  const auto refusal = [&](const std::string& settings) {
    std::ofstream(directory / "settings.json") << settings;
    const auto finished = adapter.run({"serve", directory.path().string(), "127.0.0.1:1"});
    CHECK(finished.end.value == 70);
    CHECK_FALSE(std::filesystem::exists(directory / "nats.conf"));
    return finished.errors;
  };
  CHECK(refusal(R"({"storage": "tape"})").find("\"tape\" is not one of its values") != std::string::npos);
  CHECK(refusal(R"({"ack_policy": "none", "max_deliver": 3})").find("may not be given with ack_policy \"none\"") != std::string::npos);
  CHECK(refusal(R"({"ack_policy": "all", "retention": "workqueue"})").find("may not be given with retention") != std::string::npos);
}

TEST_CASE("probe says that nobody listens") {
  const auto finished = adapter.run({"probe", free_address()}, impatient);
  CHECK(finished.end.value == 1);
  CHECK(finished.errors.find("No server available") != std::string::npos);
}

// nats-server 2.9.10 lets one of two in about three hundred hear that the stream
// overlaps with itself, and then, more rarely, that it is no stream yet.
TEST_CASE("two who create a stream in the same instant both have it, and its consumer") {
  Server server;
  constexpr int streams = 1000;
  std::barrier together(2);
  std::vector<std::string> refusals[2];
  const auto create_all = [&](std::vector<std::string>& refused) {
    Connection connection(server.address());
    const bool connected = connection.connect(soon());
    Teller teller([&](const Notice& notice) { refused.push_back(notice.line); });
    auto setup = setup_for(server, "c#1");
    for (int i = 0; i < streams; ++i) {
      setup.channel = "ch" + std::to_string(i);
      Stream stream(setup, settings_in(nlohmann::json::object()));
      together.arrive_and_wait();
      try {
        if (!connected || !stream.ensure(connection, teller, soon()) || !stream.ensure_consumer(connection, soon())) refused.push_back(connection.why());
      } catch (const std::runtime_error& error) {
        refused.push_back(error.what());
      }
    }
  };
  {
    const std::jthread other([&] { create_all(refusals[1]); });
    create_all(refusals[0]);
  }
  CHECK(refusals[0] == Lines{});
  CHECK(refusals[1] == Lines{});
}

TEST_CASE("a stream of somebody else with the channel among its subjects is refused") {
  Server server;
  server.tell("$JS.API.STREAM.CREATE.theirs", {{"name", "theirs"}, {"subjects", {"ch"}}});
  CHECK_THROWS_WITH(consumer(server), "$JS.API.STREAM.CREATE.ch: subjects overlap with an existing stream");
}
