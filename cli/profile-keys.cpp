#include "cli/profile-keys.hpp"

namespace assay {

const std::vector<std::string>& fault_kinds() {
  static const std::vector<std::string> kinds{"cut", "delay", "hold", "kill", "pause", "stall", "stop"};
  return kinds;
}

const std::vector<std::string>& fault_targets() {
  static const std::vector<std::string> targets{"broker", "consumer", "pipeline", "producer"};
  return targets;
}

const std::vector<std::string>& cut_ways() {
  static const std::vector<std::string> ways{"answer", "blackhole", "bytes", "reset"};
  return ways;
}

const std::vector<std::string>& attached_commands() {
  static const std::vector<std::string> commands{"kill", "pause", "resume", "start", "stop"};
  return commands;
}

std::vector<std::string> known_anomalies() {
  std::vector<std::string> names;
  for (const auto anomaly : all_anomalies()) names.emplace_back(name(anomaly));
  return names;
}

std::vector<std::string> known_reasons() {
  std::vector<std::string> names;
  for (const auto reason :
       {Reason::not_exercised, Reason::unresolved, Reason::recorder_gap, Reason::environment, Reason::interrupted})
    names.emplace_back(name(reason));
  return names;
}

}  // namespace assay
