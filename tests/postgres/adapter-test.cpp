// The verbs of assay-postgres, as cli calls them.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/stat.h>

#include "agents/os/free-port.hpp"
#include "agents/os/process-tree.hpp"
#include "tests/postgres/server.hpp"

using namespace assay;
using namespace assay::postgres;

namespace {

const AdapterProgram adapter{"postgres", std::chrono::seconds(20)};

const std::map<std::string, std::string> impatient{{"ASSAY_PROBE_TIMEOUT_MS", "100"}};

bool lives(pid_t process) {
  const auto stat = contents("/proc/" + std::to_string(process) + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.substr(name_end + 2, 1) != "Z";
}

std::set<std::string> in_shared_memory() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm"))
    if (entry.path().filename().string().starts_with("PostgreSQL")) names.insert(entry.path());
  return names;
}

// Of System V. Lines of: key, id, permissions, size, the process that made it ...
int segments_of(pid_t maker) {
  std::ifstream file("/proc/sysvipc/shm");
  std::string line;
  int count = 0;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key, id, permissions, size;
    pid_t made_by = 0;
    words >> key >> id >> permissions >> size >> made_by;
    count += made_by == maker;
  }
  return count;
}

}  // namespace

TEST_CASE("describe tells the installed version and what PostgreSQL can and cannot do") {
  const auto finished = adapter.run({"describe"});
  REQUIRE(finished.end == Change{.kind = Change::Kind::exited, .value = 0, .wait_status = 0});
  const auto described = nlohmann::json::parse(finished.output);
  CHECK(std::stoi(described.at("version").get<std::string>()) >= 14);
  CHECK(described.at("abilities") == nlohmann::json{{"shape", "queue"},
                                                    {"send_answered", true},
                                                    {"client_retries", false},
                                                    {"dedup", {"id", "session-sequence"}},
                                                    {"ack", "each"},
                                                    {"ack_answered", true},
                                                    {"stale_ack_refused", true},
                                                    {"takeover", "request"},
                                                    {"transactions", "effect-and-ack"},
                                                    {"lists_stored", false},
                                                    {"backlog", "authoritative"}});
  CHECK(described.at("variants") == nlohmann::json::parse(R"([{"when": {"mode": "outbox"},
      "abilities": {"shape": "log", "ack": "cumulative", "lists_stored": true}}])"));
  CHECK(described.at("several_processes") == true);
  CHECK(described.at("stop_signal") == "INT");
  std::vector<std::string> names;
  for (const auto& setting : described.at("settings")) names.push_back(setting.at("name"));
  CHECK(names == std::vector<std::string>{"mode", "synchronous_commit", "fsync", "wal_writer_delay_ms", "isolation",
                                          "idle_in_transaction_ms", "unlogged", "cursor", "snapshot_guard", "business_ms"});
}

TEST_CASE("serve becomes a server with the settings of the profile, under an account that is not root's") {
  Server server(R"({"fsync": "off", "wal_writer_delay_ms": 333, "synchronous_commit": "local"})");
  CHECK(server.tell("SELECT setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'wal_writer_delay') ORDER BY name") ==
        std::vector<std::string>{"off", "local", "333"});
  struct stat about {};
  REQUIRE(::stat(server.data().c_str(), &about) == 0);
  CHECK(about.st_uid != 0);
  CHECK((about.st_mode & 0777) == 0700);
  CHECK(adapter.run({"probe", server.address(), std::to_string(server.pid())}).end.value == 0);
}

TEST_CASE("a server that was killed leaves nothing in shared memory") {
  const auto before = in_shared_memory();
  Server server;
  send(server, {"m1"});
  server.kill();
  CHECK(in_shared_memory() == before);
  CHECK(segments_of(server.pid()) == 0);
}

TEST_CASE("a server starts on the data of a killed one though children of that live on") {
  Server server;
  send(server, {"m1"});
  const auto children = descendants_of(server.pid());
  REQUIRE(children.size() >= 4);
  for (const auto child : children) ::kill(child, SIGSTOP);  // they do not see the death
  server.process().signal(SIGKILL);
  REQUIRE(server.process().wait_ended(soon()));
  CHECK(lives(children.front()));
  server.start();
  for (const auto child : children) CHECK_FALSE(lives(child));
  CHECK(server.tell("SELECT count(*)::text FROM ch.messages") == std::vector<std::string>{"1"});
}

TEST_CASE("who does not know the password is not let in, and is told so at once") {
  const TemporaryDirectory directory;
  const auto address = free_address();
  auto server = ChildProcess::spawn(adapter.verb({"serve", directory.path().string(), address}, {{"ASSAY_SECRET", "hush"}}));
  CHECK(adapter.run({"probe", address, std::to_string(server.pid())}, {{"ASSAY_SECRET", "hush"}}).end.value == 0);
  const auto stranger = adapter.run({"probe", address}, {{"ASSAY_SECRET", "other"}});
  CHECK(stranger.end.value == 70);
  CHECK(stranger.errors.find("password authentication failed") != std::string::npos);
  CHECK(stranger.errors.find("other") == std::string::npos);
  CHECK(contents("/proc/" + std::to_string(server.pid()) + "/cmdline").find("hush") == std::string::npos);
  CHECK(contents("/proc/" + std::to_string(server.pid()) + "/environ").find("hush") == std::string::npos);
  server.signal_tree(SIGKILL);
}

TEST_CASE("a setting with a wrong value is refused before a server is started") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "settings.json") << R"({"fsync": "perhaps"})";
  const auto finished = adapter.run({"serve", directory.path().string(), "127.0.0.1:1"});
  CHECK(finished.end.value == 70);
  CHECK(finished.errors.find("\"perhaps\" is not one of its values") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(directory / "data"));
}

TEST_CASE("probe says that nobody listens") {
  const auto finished = adapter.run({"probe", free_address()}, impatient);
  CHECK(finished.end.value == 1);
  CHECK(finished.errors.find("Connection refused") != std::string::npos);
}
