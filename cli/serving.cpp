#include "cli/serving.hpp"

#include <random>

namespace assay {

namespace {

constexpr int told_lines = 6;

std::string indented(const std::string& text) {
  std::string result = "\n    ";
  for (const char c : text) result += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return result;
}

}  // namespace

std::string random_secret() {
  std::random_device device;
  std::string secret;
  for (int i = 0; i < 32; ++i) secret += "0123456789abcdef"[device() % 16];
  return secret;
}

std::string start_failure(const std::string& started, const std::string& why, const std::filesystem::path& log) {
  const auto lines = last_lines(log, told_lines);
  return "start " + started + ": " + why + (lines.empty() ? "" : "; its last lines:" + indented(lines));
}

std::optional<std::string> why_not_ready(const SystemDescription& system, const std::string& verb, const std::string& address,
                                         ChildProcess& server, const std::string& secret, Deadline deadline) {
  const Command ask{.argv = {system.program.string(), verb, address, std::to_string(server.pid())},
                    .environment = {{"ASSAY_SECRET", secret}, {"ASSAY_PROBE_TIMEOUT_MS", std::to_string(deadline.left_ms())}}};
  const auto finished = run_to_end(ask, deadline);
  // The bind of a server that finds its port taken fails a moment after it started.
  server.poll();
  if (const auto& end = server.end()) return "the server ended by itself (" + to_string(*end) + ")";
  if (finished.timed_out) return "not ready in time";
  if (finished.end == Change{.kind = Change::Kind::exited, .value = 0, .wait_status = 0}) return std::nullopt;
  return "not ready: " + finished.errors.substr(0, finished.errors.find('\n'));
}

}  // namespace assay
