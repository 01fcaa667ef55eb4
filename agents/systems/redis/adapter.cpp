// assay-redis: Redis streams under test. README.md says how its words map to ours.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/os/child-process.hpp"
#include "agents/os/descriptor.hpp"
#include "agents/systems/adapter.hpp"
#include "agents/systems/redis/connection.hpp"
#include "agents/systems/redis/links.hpp"

namespace assay::redis {
namespace {

// What links and redis.conf ask for: XPENDING from an exclusive id (6.2),
// enable-debug-command (7.0).
constexpr int oldest_major = 7;

struct Installed {
  std::string version;  // empty: none that will do
  std::string missing;
};

// "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=..."
Installed installed_server() {
  std::string printed;
  try {
    printed = run_to_end({.argv = {"redis-server", "--version"}, .environment = {}, .directory = {}, .output = {}},
                         Deadline::in(std::chrono::seconds(5)))
                  .output;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
  }
  const auto at = printed.find(" v=");
  if (at == std::string::npos)
    return {"", "redis-server is not in PATH: install the package redis-server (ci/setup does)"};
  const auto version = printed.substr(at + 3, printed.find(' ', at + 3) - at - 3);
  if (std::atoi(version.c_str()) < oldest_major)
    return {"", "redis-server " + version + " is too old: 7.0 or later is needed"};
  return {version, ""};
}

nlohmann::ordered_json abilities() {
  return {{"shape", "queue"},
          {"send_answered", true},
          {"client_retries", false},
          {"dedup", nlohmann::ordered_json::array()},
          {"ack", "each"},
          {"ack_answered", true},
          {"stale_ack_refused", false},
          {"takeover", "request"},
          {"transactions", "none"},
          {"lists_stored", true},
          {"backlog", "authoritative"}};
}

using Values = std::vector<std::string>;

nlohmann::ordered_json setting(const std::string& name, const std::string& value, const Values& values,
                               const std::string& about) {
  nlohmann::ordered_json described{{"name", name}, {"type", "string"}, {"default", value}};
  if (!values.empty()) described["values"] = values;
  described["about"] = about;
  return described;
}

nlohmann::ordered_json described_settings() {
  return nlohmann::ordered_json::array({
      setting("mode", "stream", {"stream"}, "what a channel is: a stream with a consumer group"),
      setting("appendonly", "yes", {"yes", "no"}, "whether the server logs every write to its append-only file"),
      setting("appendfsync", "always", {"always", "everysec", "no"}, "when the server syncs its append-only file"),
      setting("save", "", {}, "snapshots, pairs of seconds and changes (\"900 1\"); empty: none"),
  });
}

// The value given, or the default; never one that is not in the list.
std::string value_of(const nlohmann::json& settings, const std::string& name) {
  for (const auto& described : described_settings()) {
    if (described.at("name") != name) continue;
    const auto value = settings.value(name, described.at("default").get<std::string>());
    const auto values = described.value("values", Values{});
    if (!values.empty() && std::find(values.begin(), values.end(), value) == values.end())
      throw std::runtime_error("setting \"" + name + "\" of Redis: \"" + value + "\" is not one of its values");
    return value;
  }
  throw std::logic_error("Redis has no setting " + name);
}

// One argument of a line of redis.conf, whatever is in it.
std::string quoted(std::string_view argument) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
  std::string text = "\"";
  for (const char c : argument) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain.find(c) != std::string_view::npos)
      text += c;
    else
      text.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return text + "\"";
}

std::string save_points(const std::string& save) {
  std::istringstream words(save);
  std::string points;
  int count = 0;
  for (std::string word; words >> word; ++count) {
    if (word.find_first_not_of("0123456789") != std::string::npos)
      throw std::runtime_error("setting \"save\" of Redis: \"" + save + "\": expected pairs of seconds and changes");
    points += " " + word;
  }
  if (count % 2 != 0)
    throw std::runtime_error("setting \"save\" of Redis: \"" + save + "\": expected pairs of seconds and changes");
  return count == 0 ? " \"\"" : points;
}

std::string configuration(const std::filesystem::path& directory, const std::string& address,
                          const nlohmann::json& settings) {
  value_of(settings, "mode");
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error("Redis address \"" + address + "\": expected HOST:PORT");
  std::ostringstream text;
  text << "bind " << quoted(address.substr(0, colon)) << "\n"
       << "port " << quoted(address.substr(colon + 1)) << "\n"
       << "dir " << quoted(directory.string()) << "\n"
       << "daemonize no\n"
       << "databases 1\n"
       << "enable-debug-command no\n"
       << "loglevel notice\n"
       << "logfile \"\"\n"
       << "appendonly " << value_of(settings, "appendonly") << "\n"
       << "appendfsync " << value_of(settings, "appendfsync") << "\n"
       << "save" << save_points(value_of(settings, "save")) << "\n";
  if (const char* secret = std::getenv("ASSAY_SECRET"); secret && *secret) text << "requirepass " << quoted(secret) << "\n";
  return text.str();
}

// Readable by us alone from its first byte on: it holds the secret.
void write_private(const std::filesystem::path& file, const std::string& text) {
  const auto failed = [&](const char* what) {
    return std::system_error(errno, std::generic_category(), what + (" " + file.string()));
  };
  const Descriptor open(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!open) throw failed("create");
  if (::fchmod(open.get(), 0600) != 0) throw failed("make private");
  const auto written = ::write(open.get(), text.data(), text.size());
  if (written < 0) throw failed("write");
  if (static_cast<std::size_t>(written) != text.size())
    throw std::runtime_error("write " + file.string() + ": cut short");
}

class RedisAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override {
    const auto server = installed_server();
    nlohmann::ordered_json description{{"system", "redis"}, {"version", server.version}};
    if (server.version.empty()) {
      description["version"] = nullptr;
      description["missing"] = server.missing;
    }
    description["address"] = "tcp";
    description["emulated"] = nlohmann::ordered_json::array();
    description["abilities"] = abilities();
    description["timers"] = nlohmann::ordered_json::array();
    description["settings"] = described_settings();
    description["windows"] = false;
    return description;
  }

  void serve(const std::filesystem::path& directory, const std::string& address,
             const nlohmann::json& settings) override {
    const auto home = std::filesystem::absolute(directory);
    const auto file = home / "redis.conf";
    write_private(file, configuration(home, address, settings));
    ::unsetenv("ASSAY_SECRET");
    ::umask(077);
    ::execlp("redis-server", "redis-server", file.c_str(), nullptr);
    throw std::system_error(errno, std::generic_category(), "execute redis-server");
  }

  std::optional<std::string> probe(const std::string& address, Deadline deadline) override {
    Connection connection(address);
    if (const auto refusal = connection.attempt(deadline)) return refusal->reason;
    const auto answer = connection.call({"PING"}, deadline);
    if (!answer) return connection.why();
    if (text(*answer) != "PONG") return text(*answer);
    return std::nullopt;
  }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override { return producer_link(setup); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override { return consumer_link(setup); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override { return audit_link(setup); }
};

}  // namespace
}  // namespace assay::redis

int main(int argc, char** argv) {
  assay::redis::RedisAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
