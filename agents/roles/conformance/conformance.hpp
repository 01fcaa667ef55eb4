// The role `conformance` holds a system against what its adapter declares of it
// in `describe`: one check a function, each on channels of its own.
//
// What is declared and what was seen are words to be compared: the adapter keeps
// its word where they are the same. Where nothing could be seen it was not
// checked, and the line says why. Everything seen is told at once, so that an
// adapter that crashes in a later check takes nothing along.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agents/roles/conformance/links.hpp"
#include "agents/roles/role.hpp"

namespace assay::conformance {

// A channel that no other check uses.
class Channel {
 public:
  Channel(const RoleContext& context, std::string name) : context_(context), name_(std::move(name)) {}

  Sender sender() const { return Sender(context_.system.producer(setup("producer-0#1"))); }
  std::unique_ptr<ConsumerLink> consumer(const std::string& incarnation) const;  // open
  std::unique_ptr<AuditLink> auditor() const { return context_.system.auditor(setup("auditor#1")); }

 private:
  LinkSetup setup(const std::string& incarnation) const;

  const RoleContext& context_;
  std::string name_;
};

class Examination {
 public:
  Examination(const RoleContext& context, nlohmann::json declared);

  // --- what is declared

  // As words: booleans as "true" and "false", an absent ability as "".
  std::string declared(const std::string& ability) const;
  bool declares(const std::string& ability, const std::string& value) const;  // a list: it contains the value
  bool acknowledges() const { return !declares("ack", "none"); }
  bool takes_over_now() const { return declares("takeover", "request") || declares("takeover", "disconnect"); }
  const nlohmann::json& timers() const { return declared_.at("timers"); }

  // --- what was seen

  // Runs one check. What it throws counts as seen: a link throws only when it
  // cannot go on, and here nothing happens that it should not survive.
  void check(const std::string& ability, const std::function<void()>& body);

  void saw(const std::string& ability, const std::string& declared, const std::string& seen, const std::string& line);
  void saw(const std::string& ability, const std::string& seen, const std::string& line);
  void not_checked(const std::string& ability, const std::string& why);
  bool reported(const std::string& ability) const { return reported_.contains(ability); }
  const nlohmann::json& abilities() const { return declared_.at("abilities"); }

  // --- the world

  Channel channel();

  // "stop" and "kill" the server, or "heal" it: what stands still goes on, what
  // is dead is started on its data.
  void server(const std::string& act);

  // How long to wait for what has to come, and for what must not.
  Deadline patience() const { return Deadline::in(request_timeout(context_.configuration)); }
  static Deadline quiet() { return Deadline::in(std::chrono::milliseconds(100)); }

  // Sends and throws unless it is answered, or cannot be: what most checks begin with.
  // Returns the copy that the answer names.
  std::string send(Sender& sender, const std::string& bytes, const std::string& key = "k") const;

  // Waits for so many deliveries, and then for a quiet moment that shows that no
  // more come. Each is acknowledged where it can be.
  std::vector<Delivery> take(ConsumerLink& link, std::size_t expected) const;

  // The next incarnation after one that is gone: it has what that one held.
  std::unique_ptr<ConsumerLink> successor(const Channel& channel, const std::string& dead, const std::string& name) const;

 private:
  const RoleContext& context_;
  nlohmann::json declared_;
  std::set<std::string> reported_;
  std::int64_t channels_ = 0;
  bool server_faulted_ = false;
};

// The checks.
void check_answers(Examination& examination);
void check_sends_without_server(Examination& examination);
void check_abandoned_sends(Examination& examination);
void check_dedup(Examination& examination);
void check_copies(Examination& examination);
void check_shape_and_timers(Examination& examination);
void check_takeover(Examination& examination);
void check_acks(Examination& examination);
void check_giving_back(Examination& examination);
void check_backlog(Examination& examination);
void check_effects(Examination& examination);
void check_restart(Examination& examination);

}  // namespace assay::conformance
