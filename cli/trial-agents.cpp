#include "cli/trial-agents.hpp"

#include "checker/history/record-file.hpp"
#include "cli/own-agent.hpp"

namespace assay {
namespace {

std::string input_of(const std::string& channel) { return channel + "-in"; }

std::string played_by(const Profile& profile, const std::string& process) {
  if (process == "auditor") return "auditor";
  return role_of(process) == "producer" ? profile.producer_role : profile.consumer_role;
}

// Where the consumers' effects are; nowhere, if nobody can tell.
void set_sink(AgentConfiguration& configuration, const TrialSetup& setup) {
  const auto& profile = setup.plan.profile;
  if (profile.workload.consumers == 0) return;
  const auto own = profile.agents.find("consumer");
  const bool logs = own != profile.agents.end() && own->second.query.empty();
  if (!logs) configuration.sink = (setup.directory / "sink.db").string();
  if (own == profile.agents.end() || !own->second.effects) return;
  configuration.effect_query = own->second.query;
  if (logs) configuration.effect_logs = effects_folder(setup.directory).string();
}

// Who stands before the pipeline, and who behind it.
void set_side_of(AgentConfiguration& configuration, const Pipeline& pipeline) {
  const auto channel = configuration.channel;
  const auto role = role_of(configuration.process);
  configuration.channel = role == "consumer" || role == "auditor" ? output_of(channel) : input_of(channel);
  if (role == "producer") configuration.body_template = pipeline.input;
  if (role == "consumer" || role == "auditor") configuration.recognise = pipeline.message;
  if (role != "auditor") return;
  configuration.input_channel = input_of(channel);
  configuration.input_group = configuration.group;
}

// Faults of the network are between the server and those under test.
std::string address_for(const TrialSetup& setup, const std::string& process) {
  const auto role = role_of(process);
  const bool faulted = role == "producer" || role == "consumer";
  return faulted && setup.paths ? setup.paths->address_for(process) : setup.broker.address();
}

void set_workload(AgentConfiguration& configuration, const Workload& workload) {
  const auto& process = configuration.process;
  if (role_of(process) == "producer") configuration.messages = share_of(workload, std::stoll(process.substr(process.find('-') + 1)));
  configuration.size = workload.size;
  configuration.keys = workload.keys;
  configuration.in_flight = workload.in_flight;
  configuration.prefetch = workload.prefetch;
  configuration.ack_batch = workload.ack_batch;
  configuration.process_ms = workload.process_ms;
  configuration.reject_every = workload.reject_every;
}

}  // namespace

AgentConfiguration configuration_of(const TrialSetup& setup, const std::string& process, std::int64_t incarnation) {
  const auto& profile = setup.plan.profile;
  AgentConfiguration configuration{.role = played_by(profile, process), .process = process, .incarnation = incarnation};
  configuration.trial = setup.planned.number;
  configuration.run = setup.plan.run;
  configuration.seed = setup.plan.seed;
  configuration.recording = (setup.directory / (incarnation_name(process, incarnation) + ".rec")).string();
  configuration.address = address_for(setup, process);
  configuration.channel = setup.broker.channel(setup.planned.number);
  configuration.group = "assay";
  configuration.settings = profile.settings.dump();
  for (std::int64_t i = 1; i < incarnation && setup.take_over == TakeOver::at_restart; ++i)
    configuration.take_over.push_back(incarnation_name(process, i));
  configuration.cursor = (setup.directory / (process + ".cursor")).string();
  configuration.request_timeout_ms = profile.evidence.request_timeout_ms;
  configuration.dedup_window_ms = setup.plan.terms.ground.rules.limits.dedup_window_ms;
  set_sink(configuration, setup);
  set_workload(configuration, profile.workload);
  if (profile.pipeline) set_side_of(configuration, *profile.pipeline);
  return configuration;
}

std::int64_t share_of(const Workload& workload, std::int64_t producer) {
  return workload.messages / workload.producers + (producer < workload.messages % workload.producers ? 1 : 0);
}

std::uint64_t recording_bytes(const Workload& workload) {
  return record_header_bytes + (128u << 10) + static_cast<std::uint64_t>(workload.messages) * 2048;
}

std::string output_of(const std::string& channel) { return channel + "-out"; }

}  // namespace assay
