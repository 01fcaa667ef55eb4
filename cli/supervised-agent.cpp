#include "cli/supervised-agent.hpp"

namespace assay {

namespace {

RecordMapping fresh_recording(const AgentConfiguration& configuration, std::uint64_t bytes) {
  create_recording(configuration.recording, configuration.process, configuration.incarnation, configuration.trial, bytes);
  return RecordMapping(configuration.recording);
}

Command command_for(const std::filesystem::path& program, const AgentConfiguration& configuration,
                    const std::string& endpoint, const std::string& secret, const std::filesystem::path& log) {
  return {.argv = {program.string(), configuration.role == "auditor" ? "audit" : "agent", endpoint},
          .environment = {{"ASSAY_IDENTITY", incarnation_name(configuration.process, configuration.incarnation)},
                          {"ASSAY_SECRET", secret}},
          .directory = log.parent_path(),
          .output = log};
}

bool is_zero(const nlohmann::json& body, const char* key) { return body.value(key, std::int64_t{-1}) == 0; }

}  // namespace

SupervisedAgent::SupervisedAgent(const Spawn& spawn, const std::filesystem::path& program,
                                 AgentConfiguration configuration, const std::string& endpoint, const std::string& secret,
                                 std::uint64_t recording_bytes, const std::filesystem::path& log)
    : configuration_(std::move(configuration)),
      log_(log),
      mapping_(fresh_recording(configuration_, recording_bytes)),
      child_(spawn(command_for(program, configuration_, endpoint, secret, log))) {}

std::optional<Window> SupervisedAgent::last_window() const {
  const auto window = static_cast<Window>(mapping_.header().last_window.load());
  return window == Window::none ? std::nullopt : std::optional(window);
}

std::string SupervisedAgent::take(const nlohmann::json& body) {
  const auto type = body.value("type", "");
  if (type == "ready") ready = true;
  else if (type == "done") done = true;
  else if (type == "progress") {}
  else if (type == "sent") {
    if (const auto outcome = body.value("outcome", ""); outcome == "ok" || outcome == "unconfirmed")
      sent.insert(body.value("message", ""));
  } else if (type == "seen") seen.insert(body.value("message", ""));
  else if (type == "backlog")
    backlog_empty = is_zero(body, "ready") && is_zero(body, "leased") && is_zero(body, "delayed") && is_zero(body, "prepared");
  else if (type == "scanned") scanned = true;
  else if (type == "probed") probed_empty = body.value("empty", false);
  else if (type == "error") return "gave up: " + body.value("line", "without a reason");
  else return "broke the protocol with a message of type \"" + type + "\"";
  return {};
}

}  // namespace assay
