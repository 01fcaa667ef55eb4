#include "agents/systems/rabbitmq/code-path.hpp"

#include <array>
#include <cctype>
#include <initializer_list>
#include <system_error>

namespace assay::rabbitmq {
namespace {

namespace fs = std::filesystem;

// The applications that RabbitMQ 3.10 loads, those with the most modules first.
constexpr std::array applications{
    "rabbit",     "ssl",    "rabbit_common", "inets",        "compiler",          "ra",     "xmerl",
    "mnesia",     "sasl",   "cuttlefish",    "ranch",        "rabbitmq_prelaunch", "tools", "osiris",
    "public_key", "jsx",    "syslog",        "syntax_tools", "observer_cli",      "systemd", "os_mon",
    "aten",       "recon",  "sysmon_handler", "seshat",      "credentials_obfuscation", "stdout_formatter",
    "amqp10_common", "crypto", "gen_batch_server", "enough", "asn1"};

// NAME-VERSION in one of these, if there is just one: which of two is taken is Erlang's to say.
fs::path folder_of(const std::string& application, std::initializer_list<fs::path> libraries) {
  fs::path found;
  std::error_code unreadable;
  for (const auto& library : libraries)
    for (const auto& entry : fs::directory_iterator(library, unreadable)) {
      const auto name = entry.path().filename().string();
      if (!name.starts_with(application + "-") || !std::isdigit(static_cast<unsigned char>(name[application.size() + 1]))) continue;
      if (!found.empty()) return {};
      found = entry.path();
    }
  return found;
}

// The start script takes its arguments apart at each space.
bool is_one_word(const fs::path& folder) { return folder.string().find_first_of(" \t\n*?[") == std::string::npos; }

}  // namespace

CodePath short_code_path(const Installed& server, const fs::path& folder) {
  const auto plugins = server.code / "plugins";
  const auto itself = folder_of("rabbit", {plugins});
  if (itself.empty()) return {};

  CodePath path{.plugins = folder, .arguments = "-pa"};
  for (const auto* application : applications) {
    const auto code = folder_of(application, {plugins, server.erlang});
    if (!code.empty() && is_one_word(code)) path.arguments += " " + (code / "ebin").string();
  }
  fs::create_directories(folder);
  const auto link = folder / itself.filename();
  if (!fs::is_symlink(link)) fs::create_directory_symlink(itself, link);
  return path;
}

}  // namespace assay::rabbitmq
