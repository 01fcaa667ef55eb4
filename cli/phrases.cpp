// What single events say.
#include <sys/wait.h>

#include "cli/wording.hpp"

namespace assay {
namespace {

std::string with(const std::string& phrase, const std::string& value) { return value.empty() ? "" : ", " + phrase + value; }

std::string attempt_of(const Event& event) {
  return event.attempt && *event.attempt > 1 ? std::string(", attempt ") + std::to_string(*event.attempt) : "";
}

// How an operation ended; `what` is the act in the words of its beginning.
std::string outcome(const Event& event, const std::string& what) {
  switch (event.phase) {
    case Phase::invoke:
    case Phase::begin: return what + attempt_of(event);
    case Phase::ok: return what + " answered" + attempt_of(event) + with("copy ", event.copy);
    case Phase::confirmed: return what + " confirmed";
    case Phase::refused: return what + " refused" + with("", event.error);
    case Phase::unconfirmed: return what + " went out, no answer is due" + attempt_of(event);
    case Phase::fail: return what + " failed" + attempt_of(event) + with("", event.error);
    case Phase::indeterminate: return what + ": nobody can tell" + attempt_of(event) + with("", event.error);
    default: return what + " " + std::string(name(event.phase));
  }
}

std::string delivery(const Event& event) {
  std::string text = event.message.empty() ? "delivered something that is not ours" : "delivered";
  text += with("copy ", event.copy) + attempt_of(event);
  if (event.redelivered) text += *event.redelivered ? ", marked as redelivered" : ", marked as first";
  if (event.count) text += std::string(", delivery ") + std::to_string(*event.count) + " by the system's count";
  return text;
}

std::string ended_by(std::int64_t status) {
  const int value = static_cast<int>(status);
  if (WIFSIGNALED(value)) return std::string("signal ") + std::to_string(WTERMSIG(value));
  if (WIFSTOPPED(value)) return std::string("stopped by signal ") + std::to_string(WSTOPSIG(value));
  if (WIFEXITED(value)) return std::string("exit ") + std::to_string(WEXITSTATUS(value));
  return std::string("wait status ") + std::to_string(status);
}

std::string fault(const Event& event) {
  const std::string act = event.kind + " " + event.target;
  switch (event.phase) {
    case Phase::plan: return "plan: " + act + with("at ", event.trigger);
    case Phase::act: return act + with("at ", event.trigger);
    case Phase::proof: {
      std::string text = "proof of " + act + (event.wait_status ? ", " + ended_by(*event.wait_status) : "");
      if (event.source == "proxy") text += ", by the proxy" + with("", event.status);
      else if (!event.source.empty()) text += ", by " + event.source + ", and no answer after it";
      text += with("last window ", event.last_point);
      if (event.in_flight) text += std::string(", ") + std::to_string(*event.in_flight) + " in flight";
      return text;
    }
    default: return act + " is over";
  }
}

std::string process(const Event& event) {
  const std::string whose = event.target.empty() ? "" : event.target + " ", status = with("", event.status);
  switch (event.phase) {
    case Phase::start: return whose + "started" + status;
    case Phase::exit: return whose + "ended" + status;
    case Phase::stopped: return whose + "stopped" + status;
    default: return whose + "went on" + status;
  }
}

std::string drain(const Event& event) {
  if (event.phase == Phase::begin) return "drain begins";
  if (event.phase == Phase::end) return "drain ends" + with("on ", event.source);
  return !event.empty ? "asked for more" : *event.empty ? "asked for more: nothing" : "asked for more: something came";
}

std::string backlog(const Event& event) {
  std::string text = "backlog:";
  const auto add = [&](const char* noun, const std::optional<std::int64_t>& count) {
    if (count) text += std::string(" ") + std::to_string(*count) + " " + noun;
  };
  add("ready", event.ready);
  add("leased", event.leased);
  add("delayed", event.delayed);
  add("prepared", event.prepared);
  return text;
}

std::string session(const Event& event) {
  const std::string which = "session " + event.session + " ";
  return which + (event.phase == Phase::indeterminate ? "had no answer to a poll in time" : std::string(name(event.phase)));
}

std::string effect(const Event& event) {
  if (event.phase == Phase::begin) return "begins the effect" + attempt_of(event);
  if (event.phase == Phase::ok) return "has done the effect" + attempt_of(event);
  return "the effect: nobody can tell" + attempt_of(event);
}

}  // namespace

std::string say(const Event& event) {
  switch (event.type) {
    case Type::plan_message: return "planned" + with("", event.flags);
    case Type::send: return outcome(event, "send") + (event.duplicate.value_or(false) ? ", known before" : "");
    case Type::session: return session(event);
    case Type::deliver: return delivery(event);
    case Type::effect: return effect(event);
    case Type::sink_row: return "one row in the sink" + with("written by ", event.writer) + with("position ", event.position);
    case Type::ack: {
      const std::string act = event.kind.empty() ? "ack" : event.kind;
      return outcome(event, act) + with("delivery ", event.tag) + with("up to ", event.position);
    }
    case Type::transaction: return "transaction " + event.transaction + " " + std::string(name(event.phase));
    case Type::fence: return outcome(event, "fence");
    case Type::point: return "at " + event.window;
    case Type::fault: return fault(event);
    case Type::process: return process(event);
    case Type::drain: return drain(event);
    case Type::stored_row:
      if (event.kind == "dead-letter") return "set aside as " + event.copy + with("", event.status) + attempt_of(event);
      return "stored as copy " + event.copy + attempt_of(event) +
             (event.committed && !*event.committed ? ", not committed" : "");
    case Type::backlog: return backlog(event);
    case Type::environment: return event.level + " from " + event.source + ": " + event.line;
  }
  return "";
}

}  // namespace assay
