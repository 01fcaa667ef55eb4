#include "agents/systems/rabbitmq/server.hpp"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/os/descriptor.hpp"
#include "agents/systems/rabbitmq/code-path.hpp"
#include "agents/systems/rabbitmq/installed.hpp"
#include "agents/systems/rabbitmq/place.hpp"

namespace assay::rabbitmq {
namespace {

namespace fs = std::filesystem;

constexpr const char* node = "rabbit@localhost";

// One node needs neither a port for others nor epmd, which would outlive it. With a
// name from the start RabbitMQ does not ask for either, but each minute it starts an
// erl that would: so what forbids it stands where every erl looks.
const std::string virtual_machine = std::string("-sname ") + node + " +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none";
constexpr const char* every_virtual_machine = "-start_epmd false -dist_listen false -erl_epmd_port 1";

// Readable by us alone from its first byte on: one of these holds the secret.
void write_private(const fs::path& file, const std::string& text, mode_t mode = 0600) {
  const auto failed = [&](const std::string& what) { return std::system_error(errno, std::generic_category(), what + " " + file.string()); };
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) throw failed("replace");
  const Descriptor open(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!open) throw failed("create");
  if (::write(open.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw failed("write");
}

// Alarms are for machines that are full, not for those that are small: the
// alarms of `describe` would make every trial there a fault of the environment.
std::string configuration(const Place& place) {
  const auto owner = account();
  return "listeners.tcp.1 = " + place.host + ":" + std::to_string(place.port) +
         "\ndefault_user = " + owner.user +
         "\ndefault_pass = " + owner.password +
         "\ndisk_free_limit.absolute = 1MB"
         "\nvm_memory_high_watermark.relative = 0.9"
         "\nlog.console = true"
         "\nlog.console.level = info"
         "\nlog.file = false\n";
}

// No time limit on a delivery (half an hour by default): no trial takes so long.
std::string more_configuration(const Settings& settings) {
  return "[{rabbit, [{consumer_timeout, undefined}, {dead_letter_worker_publisher_confirm_timeout, " +
         std::to_string(settings.dead_letter_retry_ms) + "}]}].\n";
}

void drop_inherited_variables() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable; ++variable) {
    const std::string text = *variable;
    if (text.starts_with("RABBITMQ_") || text.starts_with("ERL_") || text.starts_with("NOTIFY_SOCKET=")) names.push_back(text.substr(0, text.find('=')));
  }
  for (const auto& name : names) ::unsetenv(name.c_str());
  ::unsetenv("ASSAY_SECRET");
}

void set_variables(const fs::path& home, const CodePath& code) {
  const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
  set("HOME", home.string());
  set("RABBITMQ_NODENAME", node);
  set("RABBITMQ_MNESIA_BASE", (home / "mnesia").string());
  set("RABBITMQ_LOG_BASE", (home / "log").string());
  set("RABBITMQ_LOGS", "-");
  set("RABBITMQ_CONFIG_FILE", (home / "rabbitmq.conf").string());
  set("RABBITMQ_ADVANCED_CONFIG_FILE", (home / "advanced.config").string());
  set("RABBITMQ_ENABLED_PLUGINS_FILE", (home / "enabled_plugins").string());
  set("RABBITMQ_CONF_ENV_FILE", "/dev/null");
  // Two schedulers, and none that spins while it waits.
  set("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", virtual_machine + " " + code.arguments);
  if (!code.plugins.empty()) set("RABBITMQ_PLUGINS_DIR", code.plugins.string());
  set("ERL_ZFLAGS", every_virtual_machine);
  set("RUNNING_UNDER_SYSTEMD", "true");  // the script then execs, and does not stay as a parent
}

}  // namespace

void become_server(const fs::path& directory, const std::string& address, const Settings& settings) {
  const auto server = installed_in(usual_folders());
  if (server.start.empty()) throw std::runtime_error(server.missing);
  ::umask(077);
  const auto home = fs::absolute(directory);
  write_private(home / "rabbitmq.conf", configuration(place_of(address)));
  write_private(home / "advanced.config", more_configuration(settings));
  write_private(home / "enabled_plugins", "[].\n");
  write_private(home / ".erlang.cookie", "assay", 0400);
  drop_inherited_variables();
  set_variables(home, short_code_path(server, home / "plugins"));
  ::execl(server.start.c_str(), server.start.c_str(), nullptr);
  throw std::system_error(errno, std::generic_category(), "execute " + server.start.string());
}

}  // namespace assay::rabbitmq
