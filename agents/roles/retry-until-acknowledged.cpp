// The producer that resends until it is answered, then moves a durable cursor.
// The steps and their order are normative (CONTRACTS 3.3, T1, "retry"):
//
//     read cursor · P.before_send · send · P.sent_before_ack · answer ·
//     P.acked_before_cursor · save cursor · P.cursor_saved
//
// With more than one message in flight the steps of each message stay in this
// order, P.sent_before_ack is marked once for all answers that are readable
// together, and the cursor is the prefix of messages that are answered.
#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>

#include "agents/roles/cursor.hpp"
#include "agents/roles/role.hpp"
#include "checker/history/payload.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

// Attempts of one message are numbered INCARNATION * 1000 + 1, 2, 3 ..., so
// that no two incarnations use the same number.
constexpr std::int64_t attempts_per_incarnation = 1000;

constexpr milliseconds shortest_pause{1}, longest_pause{100};  // between attempts at a system that is down
constexpr milliseconds marker_timeout{10'000};

struct Attempt {
  std::string message;
  std::optional<std::int64_t> seq;  // none: a marker, which is not in the plan's count
  std::int64_t number = 0;
  Deadline deadline;
};

Phase phase_of(SendOutcome outcome) {
  switch (outcome) {
    case SendOutcome::ok: return Phase::ok;
    case SendOutcome::unconfirmed: return Phase::unconfirmed;
    case SendOutcome::fail: return Phase::fail;
    case SendOutcome::indeterminate: break;
  }
  return Phase::indeterminate;
}

// An unconfirmed send is as good an answer as this system ever gives.
bool is_answered(SendOutcome outcome) { return outcome == SendOutcome::ok || outcome == SendOutcome::unconfirmed; }

class RetryingProducer {
 public:
  explicit RetryingProducer(const RoleContext& context)
      : context_(context),
        configuration_(context.configuration),
        cursor_(configuration_.cursor),
        link_(context.system.producer(link_setup(context))),
        progress_(context.control, "sent") {}

  void run() {
    announce_ready_and_await_go(context_);
    if (!send_planned()) return;
    context_.control.send({{"type", "done"}});
    while (const auto command = next_command()) {
      if (!send_marker(command->at("message"), milliseconds(command->value("deadline_ms", marker_timeout.count()))))
        return;
    }
  }

 private:
  // False: the supervisor said bye, here and below.
  bool send_planned() {
    while (heed_control()) {
      while (static_cast<std::int64_t>(open_.size()) < configuration_.in_flight) {
        const auto seq = next_seq();
        if (!seq) break;
        send(message_id(configuration_.trial, configuration_.process, *seq), seq, request_timeout(configuration_));
      }
      if (open_.empty()) return true;
      await_answers();
      progress_.report(sent_);
    }
    return false;
  }

  // First whatever was begun and has no answer; then what the cursor, read
  // anew, does not cover.
  std::optional<std::int64_t> next_seq() {
    if (!unanswered_.empty()) return unanswered_.extract(unanswered_.begin()).value();
    done_ = cursor_.read();
    forget_done();
    std::int64_t seq = done_ + 1;
    while (begun_.contains(seq)) ++seq;
    if (seq > configuration_.messages) return std::nullopt;
    begun_.insert(seq);
    return seq;
  }

  void send(const std::string& message, std::optional<std::int64_t> seq, milliseconds timeout) {
    const std::int64_t number = next_attempt(message);
    const Payload payload = payload_of(message, number);
    if (seq) context_.points.pass(Window::p_before_send);
    context_.recorder.record({.type = Type::send,
                              .phase = Phase::invoke,
                              .message = message,
                              .key = payload.key,
                              .digest = digest(payload),
                              .attempt = number,
                              .channel = configuration_.channel});
    const Deadline deadline = Deadline::in(timeout);
    open_.emplace(++ticket_, Attempt{message, seq, number, deadline});
    link_->submit({.ticket = ticket_, .bytes = to_bytes(payload), .key = payload.key}, deadline);
  }

  void await_answers() {
    const Attempt& oldest = open_.begin()->second;  // tickets grow
    const Waiting waiting = link_->answer_waiting(oldest.deadline);
    if (waiting == Waiting::nothing) return give_up();
    if (oldest.seq && waiting == Waiting::answer) context_.points.pass(Window::p_sent_before_ack);
    for (const SendAnswer& answer : link_->take_answers()) complete(answer);
  }

  // A queued request must not leave after it has been given up.
  void give_up() {
    link_->abandon();
    while (!open_.empty()) {
      const auto& [ticket, attempt] = *open_.begin();
      complete({.ticket = ticket,
                .outcome = SendOutcome::indeterminate,
                .error = "no answer within " + std::to_string(configuration_.request_timeout_ms) + " ms"});
    }
  }

  void complete(const SendAnswer& answer) {
    const auto found = open_.find(answer.ticket);
    if (found == open_.end()) {
      context_.recorder.record(environment_event("warn", configuration_.process, "an answer to no open send: ticket " +
                                                 std::to_string(answer.ticket)));
      return;
    }
    const Attempt attempt = open_.extract(found).mapped();
    context_.recorder.record({.type = Type::send,
                              .phase = phase_of(answer.outcome),
                              .message = attempt.message,
                              .attempt = attempt.number,
                              .copy = answer.copy,
                              .error = answer.error});
    pause_ = is_answered(answer.outcome) ? milliseconds(0) : std::clamp(pause_ * 2, shortest_pause, longest_pause);
    if (!attempt.seq) {
      marker_outcome_ = answer.outcome;
    } else if (is_answered(answer.outcome)) {
      advance(*attempt.seq);
    } else {
      unanswered_.insert(*attempt.seq);
    }
  }

  void advance(std::int64_t seq) {
    ++sent_;
    answered_.insert(seq);
    while (answered_.contains(done_ + 1)) ++done_;
    context_.points.pass(Window::p_acked_before_cursor);
    cursor_.save(done_);
    context_.points.pass(Window::p_cursor_saved);
    forget_done();
  }

  void forget_done() {
    answered_.erase(answered_.begin(), answered_.upper_bound(done_));
    begun_.erase(begun_.begin(), begun_.upper_bound(done_));
  }

  // Markers pass crash points unmarked.
  bool send_marker(const std::string& message, milliseconds timeout) {
    const Deadline deadline = Deadline::in(timeout);
    do {
      send(message, std::nullopt, std::min(request_timeout(configuration_), deadline.left()));
      while (!open_.empty()) await_answers();
    } while (!is_answered(marker_outcome_) && !deadline.passed() && heed_control());
    context_.control.send(
        {{"type", "sent"}, {"message", message}, {"outcome", std::string(name(phase_of(marker_outcome_)))}});
    return !bye_;
  }

  std::int64_t next_attempt(const std::string& message) {
    const std::int64_t k = ++attempts_[message];
    if (k >= attempts_per_incarnation)
      throw std::runtime_error("send " + message + ": no answer to " + std::to_string(k - 1) + " attempts");
    return configuration_.incarnation * attempts_per_incarnation + k;
  }

  Payload payload_of(const std::string& message, std::int64_t attempt) const {
    const auto bytes = static_cast<std::size_t>(body_bytes(message, configuration_.size));
    return {.run = configuration_.run,
            .message = message,
            .attempt = attempt,
            .key = key_of(message, configuration_.keys, configuration_.seed),
            .body = body_of(configuration_.seed, message, bytes)};
  }

  // Looks for commands between messages. It waits only after a failed attempt,
  // so that a system that is down is not asked all the time.
  bool heed_control() {
    const Deadline pause = Deadline::in(pause_);
    while (const auto command = context_.control.receive(pause)) remember(*command);
    return !bye_;
  }

  // The next marker to send; nothing: bye.
  std::optional<nlohmann::json> next_command() {
    while (!bye_ && commands_.empty()) {
      const auto command = context_.control.receive(Deadline::in(supervisor_silence));
      if (!command) throw std::runtime_error("supervisor said nothing after done");
      remember(*command);
    }
    if (bye_) return std::nullopt;
    auto command = commands_.front();
    commands_.pop_front();
    return command;
  }

  void remember(const nlohmann::json& command) {
    if (command.at("type") == "bye") {
      bye_ = true;
    } else if (command.at("type") == "canary" && command.contains("message") && command.at("message").is_string()) {
      commands_.push_back(command);
    } else {
      reject(command);
    }
  }

  const RoleContext& context_;
  const AgentConfiguration& configuration_;
  Cursor cursor_;
  std::unique_ptr<ProducerLink> link_;
  Progress progress_;

  std::int64_t ticket_ = 0;
  std::map<std::int64_t, Attempt> open_;           // by ticket
  std::map<std::string, std::int64_t> attempts_;   // how often each message was sent
  std::int64_t done_ = 0;                          // the cursor as last read or saved
  std::set<std::int64_t> begun_;                   // above the cursor: open, unanswered or answered
  std::set<std::int64_t> answered_, unanswered_;
  std::int64_t sent_ = 0;
  SendOutcome marker_outcome_ = SendOutcome::indeterminate;
  milliseconds pause_{0};
  std::deque<nlohmann::json> commands_;
  bool bye_ = false;
};

}  // namespace

void retry_until_acknowledged(const RoleContext& context) { RetryingProducer(context).run(); }

}  // namespace assay
