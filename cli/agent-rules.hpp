// What an agent of the user's own may put on record, and in which order. Who
// breaks a rule has made a mistake in its harness, and its trial is no evidence.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "agents/control/configuration.hpp"
#include "checker/history/event.hpp"
#include "checker/history/windows.hpp"

namespace assay {

class AgentRules {
 public:
  // `now`: CLOCK_MONOTONIC, before the agent is started.
  AgentRules(const AgentConfiguration& agent, std::int64_t now);

  void let_go(std::int64_t now) { let_go_ = now; }
  void asked_for(const std::string& marker) { markers_.insert(marker); }

  // Fills in what the agent may leave out: tags, sessions, numbers of attempts.
  // Throws std::runtime_error with the rule that is broken.
  void take(Event& event, std::int64_t now);

 private:
  void take_time(const Event& event, std::int64_t now);
  void take_send(Event& event);
  void take_session(Event& event);
  void take_delivery(Event& event);
  void take_ack(Event& event);
  void take_point(const Event& event) const;
  std::string next_session();
  std::int64_t open_attempt(const Event& event) const;
  bool may_send(const std::string& message) const;

  AgentConfiguration agent_;
  std::string role_;
  std::int64_t latest_ = 0;
  std::optional<std::int64_t> let_go_;
  std::set<std::string> markers_;  // that a producer was asked for

  std::map<std::string, std::int64_t> attempts_;                  // of a message so far
  std::set<std::pair<std::string, std::int64_t>> used_, open_;    // messages and attempts
  std::string session_;                                           // opened last
  std::int64_t sessions_ = 0, deliveries_ = 0;
  std::map<std::string, std::string> tags_;                       // of a message, the latest
  std::set<std::pair<std::string, std::string>> delivered_, acks_open_;  // sessions and tags
};

}  // namespace assay
