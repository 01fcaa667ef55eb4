#include "agents/systems/redis/server.hpp"

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/os/descriptor.hpp"

namespace assay::redis {
namespace {

// One argument of a line of redis.conf, whatever is in it.
std::string as_argument(std::string_view argument) {
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

// The words between spaces, one argument each; one that is empty for none.
std::string arguments(const std::string& words) {
  std::istringstream text(words);
  std::string line;
  for (std::string word; text >> word;) line += " " + as_argument(word);
  return line.empty() ? " \"\"" : line;
}

struct Place {
  std::string host, port;
};

Place place_in(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error("Redis address \"" + address + "\": expected HOST:PORT");
  return {address.substr(0, colon), address.substr(colon + 1)};
}

std::string own_secret() {
  const char* secret = std::getenv("ASSAY_SECRET");
  return secret ? secret : "";
}

// What each of several servers is told, as each may become the primary. Synced
// by way of the disk a replica gets at once what is written next; else it may
// have to wait for a second, until it says again that it is there.
std::string replication(const std::optional<std::string>& primary) {
  std::string text = "repl-diskless-sync no\n";
  if (const auto secret = own_secret(); !secret.empty()) text += "masterauth " + as_argument(secret) + "\n";
  if (!primary) return text;
  const auto place = place_in(*primary);
  return text + "replicaof " + as_argument(place.host) + " " + as_argument(place.port) + "\n";
}

std::string configuration(const std::filesystem::path& directory, const std::string& address, const Settings& settings,
                          const std::optional<std::string>& primary) {
  const auto place = place_in(address);
  std::ostringstream text;
  text << "bind " << as_argument(place.host) << "\n"
       << "port " << as_argument(place.port) << "\n"
       << "dir " << as_argument(directory.string()) << "\n"
       << "daemonize no\n"
       << "hz 100\n"  // how exactly a poll that blocks is ended: 10 ms; with its 10, every empty one takes 100
       << "databases 1\n"
       << "enable-debug-command no\n"
       << "loglevel notice\n"
       << "logfile \"\"\n"
       << "appendonly " << settings.appendonly << "\n"
       << "appendfsync " << settings.appendfsync << "\n"
       << "save" << arguments(settings.save) << "\n"
       << "maxmemory " << settings.maxmemory << "\n"
       << "maxmemory-policy " << settings.maxmemory_policy << "\n";
  if (const auto secret = own_secret(); !secret.empty()) text << "requirepass " << as_argument(secret) << "\n";
  if (settings.nodes > 1) text << replication(primary);
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

// The loader says nothing to us about a library that it does not find, and the
// disk would be as fast as ever.
void slow_down_fdatasync(std::int64_t ms) {
  const auto library = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libassay-slow-fdatasync.so";
  if (::access(library.c_str(), R_OK) != 0)
    throw std::system_error(errno, std::generic_category(), "slow down fdatasync with " + library.string());
  if (library.string().find_first_of(": ") != std::string::npos)
    throw std::runtime_error("slow down fdatasync with " + library.string() + ": the loader splits a path at colons and spaces");
  const char* others = std::getenv("LD_PRELOAD");
  const std::string preloaded = library.string() + (others && *others ? ":" + std::string(others) : "");
  ::setenv("LD_PRELOAD", preloaded.c_str(), 1);
  ::setenv("ASSAY_SLOW_FDATASYNC_MS", std::to_string(ms).c_str(), 1);
}

}  // namespace

void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings,
                   const std::optional<std::string>& primary) {
  const auto home = std::filesystem::absolute(directory);
  const auto file = home / "redis.conf";
  write_private(file, configuration(home, address, settings, primary));
  if (settings.slow_fdatasync_ms > 0) slow_down_fdatasync(settings.slow_fdatasync_ms);
  ::unsetenv("ASSAY_SECRET");
  ::umask(077);
  ::execlp("redis-server", "redis-server", file.c_str(), nullptr);
  throw std::system_error(errno, std::generic_category(), "execute redis-server");
}

}  // namespace assay::redis
