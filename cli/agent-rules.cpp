#include "cli/agent-rules.hpp"

#include <charconv>
#include <stdexcept>

namespace assay {
namespace {

constexpr std::int64_t attempts_per_incarnation = 1000;  // as our own producers number them
constexpr std::int64_t second_ns = 1'000'000'000;

[[noreturn]] void broken(const std::string& rule) { throw std::runtime_error(rule); }

}  // namespace

AgentRules::AgentRules(const AgentConfiguration& agent, std::int64_t now)
    : agent_(agent), role_(role_of(agent.process)), latest_(now) {}

void AgentRules::take(Event& event, std::int64_t now) {
  take_time(event, now);
  const bool early = event.type == Type::session || event.type == Type::environment;
  if (!early && (!let_go_ || event.time < *let_go_)) broken("it is recorded before the agent was told to go");
  const bool producer = role_ == "producer";
  switch (event.type) {
    case Type::environment: return;
    case Type::point: return take_point(event);
    case Type::send:
      if (producer) return take_send(event);
      break;
    case Type::session:
      if (!producer) return take_session(event);
      break;
    case Type::deliver:
      if (!producer) return take_delivery(event);
      break;
    case Type::ack:
      if (!producer) return take_ack(event);
      break;
    case Type::effect:
      if (producer) break;
      if (!tags_.contains(event.message)) broken("an effect of " + event.message + ", which this incarnation was never given");
      return;
    case Type::drain:
      if (!producer && event.phase == Phase::probe) return;
      break;
    default: break;
  }
  broken("a " + role_ + " does not record " + short_name(event) +
         (producer ? "; it records send, point and environment" : "; it records session, deliver, ack, effect, point, drain.probe and environment"));
}

// The clock of everybody else: without it nothing could be told apart.
void AgentRules::take_time(const Event& event, std::int64_t now) {
  if (event.time > now + second_ns || event.time < latest_ - second_ns)
    broken("its time is " + std::to_string(event.time) + ", and CLOCK_MONOTONIC says " + std::to_string(now) + " ns");
  if (event.time < latest_ && event.n > 1) broken("its time is before that of the line above it");
  latest_ = event.time;
}

bool AgentRules::may_send(const std::string& message) const {
  if (markers_.contains(message)) return true;
  const auto slash = message.rfind('/');
  std::int64_t number = 0;
  const auto* end = message.data() + message.size();
  if (slash == std::string::npos) return false;
  const auto [stop, error] = std::from_chars(message.data() + slash + 1, end, number);
  return error == std::errc{} && stop == end && number >= 1 && number <= agent_.messages &&
         message == message_id(agent_.trial, agent_.process, number);
}

void AgentRules::take_send(Event& event) {
  if (event.message.empty()) broken("a send without a message");
  if (event.phase != Phase::invoke) {
    if (!event.attempt) event.attempt = open_attempt(event);
    if (open_.erase({event.message, *event.attempt}) == 0)
      broken(short_name(event) + " of " + event.message + ", and no such send is open");
    return;
  }
  if (!may_send(event.message)) broken(event.message + " is none of the messages that this producer has to send");
  auto& attempts = attempts_[event.message];
  if (!event.attempt) event.attempt = agent_.incarnation * attempts_per_incarnation + attempts + 1;
  ++attempts;
  const std::pair attempt{event.message, *event.attempt};
  if (!used_.insert(attempt).second)
    broken("attempt " + std::to_string(*event.attempt) + " of " + event.message + " a second time; each attempt has a number of its own");
  open_.insert(attempt);
  if (event.channel.empty()) event.channel = agent_.channel;
}

// The latest; 0: none is open.
std::int64_t AgentRules::open_attempt(const Event& event) const {
  std::int64_t latest = 0;
  for (const auto& [message, attempt] : open_)
    if (message == event.message) latest = attempt;
  return latest;
}

std::string AgentRules::next_session() {
  return incarnation_name(agent_.process, agent_.incarnation) + "/" + std::to_string(++sessions_);
}

void AgentRules::take_session(Event& event) {
  if (event.session.empty())
    event.session = event.phase == Phase::open || session_.empty() ? next_session() : session_;
  if (event.phase != Phase::open) return;
  session_ = event.session;
  if (event.channel.empty()) event.channel = agent_.channel;
  if (event.group.empty()) event.group = agent_.group;
}

void AgentRules::take_delivery(Event& event) {
  if (session_.empty()) broken("a delivery before session.open; it says that the subscription stands");
  if (event.session.empty()) event.session = session_;
  ++deliveries_;
  if (event.tag.empty()) event.tag = std::to_string(deliveries_);
  if (!event.message.empty()) tags_[event.message] = event.tag;
  delivered_.insert({event.session, event.tag});
}

void AgentRules::take_ack(Event& event) {
  if (event.session.empty()) event.session = session_;
  if (event.tag.empty()) {
    const auto known = tags_.find(event.message);
    if (known == tags_.end())
      broken(event.message.empty() ? "an ack with neither tag nor message"
                                   : "an ack of " + event.message + ", which this incarnation was never given");
    event.tag = known->second;
  }
  const std::pair delivery{event.session, event.tag};
  if (!delivered_.contains(delivery)) broken("an ack of the delivery " + event.tag + ", which it was never given since its session.open");
  if (event.phase == Phase::invoke) {
    acks_open_.insert(delivery);
    if (event.kind.empty()) event.kind = "ack";
  } else if (acks_open_.erase(delivery) == 0) {
    broken(short_name(event) + ", and no such ack is open");
  }
}

void AgentRules::take_point(const Event& event) const {
  if (owner_of(event.window) == role_) return;
  const std::string letter = role_ == "producer" ? "P." : "C.";
  broken("the window \"" + event.window + "\" is no " + role_ + "'s; its name begins with " + letter);
}

}  // namespace assay
