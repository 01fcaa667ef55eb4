#include "cli/supervised-agent.hpp"

namespace assay {

namespace {

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

SupervisedAgent::SupervisedAgent(AgentConfiguration configuration, nlohmann::json configure, std::unique_ptr<Trail> trail,
                                 ChildProcess child, std::filesystem::path log)
    : configuration_(std::move(configuration)),
      configure_(std::move(configure)),
      log_(std::move(log)),
      trail_(std::move(trail)),
      child_(std::move(child)) {
  configure_["type"] = "configure";
}

std::unique_ptr<SupervisedAgent> start_our_agent(const Spawn& spawn, const std::filesystem::path& program,
                                                 const AgentConfiguration& configuration, const std::string& endpoint,
                                                 const std::string& secret, std::uint64_t recording_bytes,
                                                 const std::filesystem::path& log) {
  auto trail = std::make_unique<RecordTrail>(configuration, recording_bytes);
  auto child = spawn(command_for(program, configuration, endpoint, secret, log));
  return std::make_unique<SupervisedAgent>(configuration, to_json(configuration), std::move(trail), std::move(child), log);
}

std::string SupervisedAgent::wrong_hello(const nlohmann::json& hello) const {
  const auto spoken = hello.value("protocol", nlohmann::json());
  if (spoken == control_protocol) return {};
  return "speaks version " + (spoken.is_primitive() && !spoken.is_null() ? spoken.dump() : "?") + " of the agent protocol, and this assay speaks " +
         std::to_string(control_protocol);
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
  else if (type == "scanned") {
    scanned = true;
    rows = body.value("rows", std::int64_t{0});
  }
  else if (type == "probed") probed_empty = body.value("empty", false);
  else if (type == "error") return "gave up: " + body.value("line", "without a reason");
  else return "broke the protocol with a message of type \"" + type + "\"";
  return {};
}

}  // namespace assay
