#include "cli/own-site.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "agents/control/placeholders.hpp"
#include "agents/os/free-port.hpp"
#include "cli/broker.hpp"
#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_attempts{20};

std::string port_of(const std::string& address) { return address.substr(address.rfind(':') + 1); }

std::string words_of_error(int error) { return std::generic_category().message(error); }

// Nothing: somebody accepted a connection.
std::optional<std::string> why_no_connection(const std::string& address, Deadline deadline) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) throw std::system_error(errno, std::generic_category(), "make a socket");
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  there.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port_of(address))));
  const std::string where = "no connection to " + address + ": ";
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0) return std::nullopt;
  if (errno != EINPROGRESS) return where + words_of_error(errno);
  pollfd connected{socket.get(), POLLOUT, 0};
  if (::poll(&connected, 1, deadline.left_ms()) <= 0) return where + words_of_error(ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? std::nullopt : std::optional(where + words_of_error(error));
}

std::string last_line_of(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
}

}  // namespace

OwnSite::OwnSite(const OwnServer& server) : server_(server), secret_(random_secret()) {}

void OwnSite::renew(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  folder_ = folder;
  address_ = free_address();
}

Command OwnSite::command(const std::vector<std::string>& argv) const {
  const std::map<std::string, std::string> values{
      {"address", address_}, {"directory", folder_.string()}, {"port", port_of(address_)}};
  Command command{.argv = started_in(server_.directory, argv), .environment = {}, .directory = server_.directory, .output = {}};
  for (auto& word : command.argv) word = filled_in(word, values);
  command.environment = {{"ASSAY_ADDRESS", address_},
                         {"ASSAY_DIRECTORY", folder_.string()},
                         {"ASSAY_PORT", port_of(address_)},
                         {"ASSAY_SECRET", secret_}};
  return command;
}

std::optional<std::string> OwnSite::why_not_ready(Deadline deadline) const {
  return server_.probe.empty() ? why_no_connection(address_, deadline) : why_probe_fails(deadline);
}

std::optional<std::string> OwnSite::why_probe_fails(Deadline deadline) const {
  const auto asked = command(server_.probe);
  const auto said = "the probe \"" + joined(asked.argv, " ") + "\" ";
  try {
    const auto finished = run_to_end(asked, deadline);
    if (finished.timed_out) return said + "did not come to an end";
    if (finished.end.kind == Change::Kind::exited && finished.end.value == 0) return std::nullopt;
    const auto line = last_line_of(finished.errors.empty() ? finished.output : finished.errors);
    return said + "ended with " + to_string(finished.end) + (line.empty() ? "" : ": " + line);
  } catch (const std::system_error& error) {
    throw SystemUnavailable(said + "cannot be run: " + error.what() + "; correct /system/probe");
  }
}

std::optional<std::string> OwnSite::why_silent(milliseconds limit) const {
  const auto deadline = Deadline::in(limit);
  std::optional<std::string> reason;
  while (true) {
    const auto why = why_not_ready(deadline);
    if (!why) return std::nullopt;
    if (!reason || !deadline.passed()) reason = why;  // the last is often cut short
    if (deadline.passed()) return reason;
    ::poll(nullptr, 0, Deadline::earlier(deadline, Deadline::in(between_attempts)).left_ms());
  }
}

}  // namespace assay
