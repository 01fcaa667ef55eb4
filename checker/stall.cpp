#include "checker/stall.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace assay {

namespace {

// What an event is about, so that a completion finds its invocation: an attempt
// of a message, or a delivery of a session.
using Request = std::pair<std::string, std::string>;

Request request_of(const Event& event) {
  if (event.type == Type::send) return {event.message, std::to_string(event.attempt.value_or(0))};
  return {event.session, event.tag};
}

bool is_request(const Event& event) { return event.type == Type::send || event.type == Type::ack; }

// Since when an unanswered poll or a request without an outcome was waited for.
class Waits {
 public:
  // The time of the invocation that this event gives up; nothing: it gives up none.
  std::optional<std::int64_t> given_up_by(const Event& event) {
    if (event.type == Type::session && event.phase == Phase::indeterminate) return event.asked;
    if (!is_request(event)) return std::nullopt;
    if (event.phase == Phase::invoke) {
      open_[request_of(event)] = event.time;
      return std::nullopt;
    }
    const auto invoked = open_.extract(request_of(event));
    const bool in_vain = event.phase == Phase::indeterminate || event.phase == Phase::fail;
    if (invoked.empty() || !in_vain) return std::nullopt;
    return invoked.mapped();
  }

 private:
  std::map<Request, std::int64_t> open_;
};

}  // namespace

bool waited_in_vain(const Recording& agent, const Standstill& stall, std::int64_t request_timeout_ns) {
  Waits waits;
  return std::any_of(agent.events.begin(), agent.events.end(), [&](const Event& event) {
    const auto since = waits.given_up_by(event);
    // One that found no connection in all that time was not sent, and knows it.
    if (event.phase == Phase::fail && request_timeout_ns == 0) return false;
    return since && event.time - *since >= request_timeout_ns && event.time > stall.begin && event.time < stall.end;
  });
}

bool had_sent_everything(const Recording& producer, const Standstill& stall, const std::set<std::string>& markers) {
  std::set<Request> open;
  for (const auto& event : producer.events) {
    if (event.type != Type::send || markers.contains(event.message)) continue;
    if (event.phase == Phase::invoke) {
      if (event.time > stall.begin) return false;
      open.insert(request_of(event));
    } else if (event.time < stall.begin || (event.time < stall.end && event.phase != Phase::indeterminate)) {
      open.erase(request_of(event));
    }
  }
  return open.empty();
}

}  // namespace assay
