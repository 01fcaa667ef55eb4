// assay-beanstalkd: beanstalkd under test. README.md says how its words map to ours.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include "agents/os/child-process.hpp"
#include "agents/systems/adapter.hpp"
#include "agents/systems/beanstalkd/connection.hpp"
#include "agents/systems/beanstalkd/links.hpp"
#include "agents/systems/beanstalkd/settings.hpp"

namespace assay::beanstalkd {
namespace {

// A payload has 1 MiB of body and a header at most; a job must fit into one file of the log.
constexpr const char* largest_job = "2097152";
constexpr const char* log_file_size = "4194304";

// What producer.cpp says of answers was read in the source of this version.
constexpr int oldest_major = 1, oldest_minor = 12;

struct InstalledServer {
  std::string version;  // empty: none that will do
  std::string missing;
};

std::string printed_version() {
  try {
    return run_to_end({.argv = {"beanstalkd", "-v"}, .environment = {}, .directory = {}, .output = {}},
                      Deadline::in(std::chrono::seconds(5)))
        .output;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
    return {};
  }
}

// "beanstalkd 1.12"
InstalledServer installed() {
  const auto printed = printed_version();
  int major = 0, minor = 0;
  if (std::sscanf(printed.c_str(), "beanstalkd %d.%d", &major, &minor) != 2)
    return {"", "beanstalkd is not in PATH: install the package beanstalkd (ci/setup does)"};
  const auto version = printed.substr(11, printed.find_first_of(" \r\n", 11) - 11);
  if (major < oldest_major || (major == oldest_major && minor < oldest_minor))
    return {"", "beanstalkd " + version + " is too old: 1.12 or later is needed"};
  return {version, ""};
}

nlohmann::ordered_json tube_abilities() {
  return {{"shape", "queue"},
          {"send_answered", true},
          {"client_retries", false},
          {"dedup", nlohmann::ordered_json::array()},
          {"ack", "each"},
          {"ack_answered", true},
          {"stale_ack_refused", true},
          {"takeover", "disconnect"},
          {"transactions", "none"},
          {"lists_stored", false},
          {"backlog", "authoritative"}};
}

std::vector<std::string> command_line(const std::filesystem::path& home, const std::string& address,
                                      const Settings& settings) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error("beanstalkd address \"" + address + "\": expected HOST:PORT");
  std::vector<std::string> words{"beanstalkd", "-l", address.substr(0, colon), "-p", address.substr(colon + 1),
                                 "-z", largest_job};
  if (!settings.binlog) return words;
  const auto log = home / "binlog";
  std::filesystem::create_directory(log);
  words.insert(words.end(), {"-b", log.string(), "-s", log_file_size});
  if (settings.fsync_ms < 0)
    words.push_back("-F");
  else
    words.insert(words.end(), {"-f", std::to_string(settings.fsync_ms)});
  return words;
}

class BeanstalkdAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override {
    const auto server = installed();
    nlohmann::ordered_json description{{"system", "beanstalkd"}, {"version", server.version}};
    if (server.version.empty()) {
      description["version"] = nullptr;
      description["missing"] = server.missing;
    }
    description["address"] = "tcp";
    description["emulated"] = nlohmann::ordered_json::array();
    description["abilities"] = tube_abilities();
    description["timers"] = nlohmann::ordered_json::array({{{"name", "ttr"}, {"ms", default_ttr_s * 1000}}});
    description["verbs"] = {{"send", "put"}, {"ack", "delete"}};
    description["settings"] = described_settings();
    description["windows"] = false;
    return description;
  }

  void serve(const std::filesystem::path& directory, const std::string& address,
             const nlohmann::json& settings) override {
    ::umask(077);
    auto words = command_line(std::filesystem::absolute(directory), address, read_settings(settings));
    ::unsetenv("ASSAY_SECRET");  // beanstalkd asks nobody for a password
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    throw std::system_error(errno, std::generic_category(), "execute beanstalkd");
  }

  std::optional<std::string> probe(const std::string& address, Deadline deadline) override {
    return Connection(address).attempt(deadline);
  }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override { return producer_link(setup); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override { return consumer_link(setup); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override { return audit_link(setup); }
};

}  // namespace
}  // namespace assay::beanstalkd

int main(int argc, char** argv) {
  assay::beanstalkd::BeanstalkdAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
