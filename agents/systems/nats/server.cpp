#include "agents/systems/nats/server.hpp"

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "agents/os/descriptor.hpp"

namespace assay::nats {
namespace {

// The server's own limit is below the largest body that a profile may ask for.
constexpr int largest_message = 2 << 20;

// A string of the configuration, whatever is in it.
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

std::string authorization() {
  const char* secret = std::getenv("ASSAY_SECRET");
  if (!secret || !*secret) return {};
  return "authorization { token: " + quoted(secret) + " }\n";
}

std::string configuration(const std::filesystem::path& home, const std::string& address, const Settings& settings) {
  std::ostringstream text;
  text << "server_name: assay\n"
       << "listen: " << quoted(address) << "\n"
       << "max_payload: " << largest_message << "\n"
       << authorization();
  if (settings.jetstream)
    text << "jetstream { store_dir: " << quoted(home.string()) << ", max_mem: 1GB, max_file: 8GB }\n";
  return text.str();
}

// Readable by us alone from its first byte on: it holds the secret.
void write_private(const std::filesystem::path& file, const std::string& text) {
  const Descriptor open(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!open || ::fchmod(open.get(), 0600) != 0)
    throw std::system_error(errno, std::generic_category(), "create " + file.string());
  const auto written = ::write(open.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()))
    throw std::system_error(errno, std::generic_category(), "write " + file.string());
}

}  // namespace

void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings) {
  const auto home = std::filesystem::absolute(directory);
  const auto file = home / "nats.conf";
  write_private(file, configuration(home, address, settings));
  ::unsetenv("ASSAY_SECRET");
  ::umask(077);
  ::execlp("nats-server", "nats-server", "-c", file.c_str(), nullptr);
  throw std::system_error(errno, std::generic_category(), "execute nats-server");
}

}  // namespace assay::nats
