#include "agents/systems/mqtt/server.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include "agents/os/child-process.hpp"
#include "agents/systems/mqtt/place.hpp"

namespace assay::mqtt {
namespace {

// What this adapter says of the server was seen on 2.0.11; before 2.0 a listener had other defaults.
constexpr int oldest_major = 2;

// Debian keeps servers out of the PATH of people who are not root.
constexpr const char* usual_place = "/usr/sbin/mosquitto";

std::string program() { return ::access(usual_place, X_OK) == 0 ? usual_place : "mosquitto"; }

// "mosquitto version 2.0.11", and then how it is used. Exit code 3.
std::string printed_version() {
  try {
    return run_to_end({.argv = {program(), "-h"}, .environment = {}, .directory = {}, .output = {}},
                      Deadline::in(std::chrono::seconds(5)))
        .output;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
    return {};
  }
}

const char* yes_or_no(bool yes) { return yes ? "true" : "false"; }

std::string configuration(const std::filesystem::path& data, const Place& place, const Settings& settings) {
  std::ostringstream text;
  text << "listener " << place.port << " " << place.host << "\n"
       << "allow_anonymous true\n"
       << "set_tcp_nodelay true\n"
       << "log_dest stderr\n"
       << "log_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
       << "persistence " << yes_or_no(settings.persistence) << "\n"
       << "persistence_location " << data.string() << "/\n"
       << "autosave_on_changes " << yes_or_no(settings.autosave_changes > 0) << "\n"
       << "autosave_interval " << (settings.autosave_changes > 0 ? settings.autosave_changes : settings.autosave_interval_s) << "\n"
       << "max_queued_messages " << settings.max_queued_messages << "\n"
       << "max_inflight_messages " << settings.max_inflight_messages << "\n";
  if (::geteuid() == 0) text << "user root\n";  // else it becomes somebody who cannot write there
  return text.str();
}

}  // namespace

Installed installed_server() {
  const auto printed = printed_version();
  const std::string before = "mosquitto version ";
  const auto at = printed.find(before);
  if (at == std::string::npos) return {"", "mosquitto is not in PATH: install the package mosquitto (ci/setup does)"};
  const auto from = at + before.size();
  const auto version = printed.substr(from, printed.find_first_of(" \r\n", from) - from);
  if (std::atoi(version.c_str()) < oldest_major) return {"", "mosquitto " + version + " is too old: 2.0 or later is needed"};
  return {version, ""};
}

void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings) {
  ::umask(077);
  const auto home = std::filesystem::absolute(directory);
  const auto data = home / "data", file = home / "mosquitto.conf";
  std::filesystem::create_directory(data);
  std::ofstream(file) << configuration(data, place_in(address), settings) << std::flush;
  ::unsetenv("ASSAY_SECRET");  // it listens on this machine alone, and asks nobody for a password
  ::execlp(program().c_str(), "mosquitto", "-c", file.c_str(), nullptr);
  throw std::system_error(errno, std::generic_category(), "execute mosquitto");
}

}  // namespace assay::mqtt
