#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include <poll.h>

#include "agents/systems/redis/errors.hpp"
#include "agents/systems/redis/polls.hpp"
#include "agents/systems/redis/stream-entries.hpp"
#include "agents/systems/redis/streams.hpp"
#include "agents/systems/teller.hpp"

namespace assay::redis {
namespace {

// Acknowledges only for the consumer that the entry is pending for.
constexpr std::string_view acknowledge_own = R"(
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1, ARGV[3]) == 0 then return 0 end
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
)";

// Redis leases to consumer names, not to connections, so sessions are ours: one
// a connection. A new one begins with what the name still holds.
class StreamConsumer : public ConsumerLink {
 public:
  StreamConsumer(const LinkSetup& setup, const Settings& settings)
      : connection_(setup.address),
        polls_(connection_),
        channel_(setup.channel),
        group_(setup.group),
        name_(setup.incarnation),
        prefetch_(std::to_string(std::max<std::int64_t>(setup.prefetch, 1))),
        idle_ms_(std::to_string(settings.idle_ms)),
        leases_(!settings.noack),
        fenced_(settings.fence_script),
        teller_(setup.notice) {}

  SessionOpened open(Deadline deadline) override {
    const auto answer =
        connection_.insist({"XGROUP", "CREATE", channel_, group_, "0", "MKSTREAM"}, deadline);
    if (answer->type == REDIS_REPLY_ERROR && !is_error(*answer, "BUSYGROUP")) give_up("XGROUP CREATE", *answer);
    begin_session();
    return {session()};
  }

  Received receive(Deadline deadline) override {
    Received received;
    if (!connection_.connect(deadline)) return received;
    if (session_ != connection_.generation()) {
      begin_session();
      received.opened = SessionOpened{session()};
    }
    answered_empty_.reset();
    do {
      if (buffer_.empty()) poll(deadline);
      if (!buffer_.empty()) {
        received.delivery = std::move(buffer_.front());
        buffer_.pop_front();
        return received;
      }
    } while (connection_.alive() && !deadline.passed());
    if (polls_.open()) received.unanswered = polls_.asked();
    received.answered_empty = answered_empty_;
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override {
    if (!leases_) throw std::logic_error("acknowledge " + delivery.copy + ": with noack Redis has forgotten it");
    if (!connection_.connect(deadline)) return AckOutcome::indeterminate;
    const auto answer = ask(acknowledgement(delivery.tag), deadline);
    if (!answer) return AckOutcome::indeterminate;
    if (answer->type != REDIS_REPLY_INTEGER) {
      // Not acknowledged, most likely, and within a session nothing is offered twice: end it.
      teller_.tell("error", "XACK: " + text(*answer));
      connection_.drop();
      return AckOutcome::indeterminate;
    }
    held_.erase(delivery.tag);
    std::erase_if(buffer_, [&](const Delivery& buffered) { return buffered.tag == delivery.tag; });
    return answer->integer == 1 ? AckOutcome::confirmed : AckOutcome::refused;
  }

  // Claims without counting a delivery (JUSTID): the next receive reads the
  // entries from the own pending list, which counts one.
  void take_over(const std::string& incarnation, Deadline deadline) override {
    std::string start = "-";
    while (leases_) {
      const auto ids = pending_of(incarnation, start, deadline);
      if (ids.empty()) return;
      claim(ids, deadline);
      start = "(" + ids.back();
      pending_from_ = "0";
    }
  }

 private:
  enum class Question { own_pending, idle, fresh };

  std::string session() const { return name_ + "/" + std::to_string(session_); }

  void begin_session() {
    session_ = connection_.generation();
    buffer_.clear();
    held_.clear();
    if (leases_) pending_from_ = "0";
  }

  Words acknowledgement(const std::string& id) const {
    if (!fenced_) return {"XACK", channel_, group_, id};
    return {"EVAL", acknowledge_own, "1", channel_, group_, id, name_};
  }

  // First what this name holds already, page by page until there is no more;
  // then by turns what has been idle for too long, if that is asked for, and
  // what nobody was given yet.
  void poll(Deadline deadline) {
    if (!polls_.open() && !ask_next(deadline)) return connection_.drop();
    finish_poll(deadline);
  }

  bool ask_next(Deadline deadline) {
    if (pending_from_) return ask_own_pending(deadline);
    if (idle_ms_ != "0" && question_ != Question::idle) return ask_idle(deadline);
    return ask_fresh(deadline);
  }

  // A page and, in the same order, how often its entries were delivered.
  bool ask_own_pending(Deadline deadline) {
    begin_poll(Question::own_pending, 2);
    const auto after = "(" + *pending_from_;
    return connection_.send({"XREADGROUP", "GROUP", group_, name_, "COUNT", prefetch_, "STREAMS", channel_,
                             *pending_from_}, deadline) &&
           connection_.send({"XPENDING", channel_, group_, after, "+", prefetch_, name_}, deadline);
  }

  // Once claimed they are this name's, among others that it holds.
  bool ask_idle(Deadline deadline) {
    begin_poll(Question::idle, 2);
    return connection_.send({"XAUTOCLAIM", channel_, group_, name_, idle_ms_, idle_from_, "COUNT", prefetch_}, deadline) &&
           connection_.send({"XPENDING", channel_, group_, "-", "+", "10000", name_}, deadline);
  }

  // Blocks in the server as short as can be: whoever is stopped while it blocks
  // is still given what comes in, and nobody knows.
  bool ask_fresh(Deadline deadline) {
    begin_poll(Question::fresh, 1);
    const auto block_ms = std::to_string(std::clamp(deadline.left_ms() - 1, 1, 5));
    Words words{"XREADGROUP", "GROUP", group_, name_, "COUNT", prefetch_, "BLOCK", block_ms};
    if (!leases_) words.push_back("NOACK");
    words.insert(words.end(), {"STREAMS", channel_, ">"});
    return connection_.send(words, deadline);
  }

  void begin_poll(Question question, std::size_t replies) {
    question_ = question;
    polls_.begin(replies);
  }

  // False while the answer is not there.
  bool finish_poll(Deadline deadline) {
    const auto answer = polls_.finish(deadline);
    if (!answer) return false;
    if (readable_stream(*answer->replies[0])) take(*answer);
    return true;
  }

  void take(const Polls::Answer& answer) {
    const auto& page = *answer.replies[0];
    switch (question_) {
      case Question::own_pending: return take_own_pending(read_entries(page), answer);
      case Question::idle: return take_idle(page, answer);
      case Question::fresh: return take_fresh(read_entries(page), answer);
    }
  }

  void take_own_pending(const std::vector<Entry>& entries, const Polls::Answer& answer) {
    pending_from_ = entries.empty() ? std::nullopt : std::optional(entries.back().id);
    const auto counts = counts_in(*answer.replies[1]);
    for (const auto& entry : entries) hold(entry, answer.asked, true, count_of(entry, counts));
  }

  // A claim is a new delivery even of what this session holds: it held it too long.
  void take_idle(const redisReply& claimed, const Polls::Answer& answer) {
    const auto parts = elements(claimed);
    if (parts.size() < 3) throw std::runtime_error("XAUTOCLAIM " + channel_ + ": expected three parts");
    idle_from_ = text(*parts[0]);
    const auto counts = counts_in(*answer.replies[1]);
    for (const auto& entry : entries_of(*parts[1])) {
      held_.erase(entry.id);
      hold(entry, answer.asked, true, count_of(entry, counts));
    }
    for (const auto* id : elements(*parts[2]))
      teller_.tell_always("warn", "idle entry " + channel_ + "/" + text(*id) + " was deleted from its stream");
  }

  void take_fresh(const std::vector<Entry>& entries, const Polls::Answer& answer) {
    if (entries.empty()) answered_empty_ = answer.asked;
    for (const auto& entry : entries) {
      if (leases_)
        hold(entry, answer.asked, false, 1);
      else
        offer(entry, answer.asked, std::nullopt, std::nullopt);
    }
  }

  using Counts = std::map<std::string, std::int64_t>;

  // [[id, consumer, idle, count], ...]
  static Counts counts_in(const redisReply& pending) {
    Counts counts;
    for (const auto* one : elements(pending))
      if (const auto parts = elements(*one); parts.size() == 4) counts[text(*parts[0])] = parts[3]->integer;
    return counts;
  }

  static std::optional<std::int64_t> count_of(const Entry& entry, const Counts& counts) {
    const auto count = counts.find(entry.id);
    return count == counts.end() ? std::nullopt : std::optional(count->second);
  }

  // A command and its reply, behind a poll that may still be open.
  Reply ask(const Words& words, Deadline deadline) {
    if (polls_.open() && !finish_poll(deadline)) {
      connection_.drop();
      return nullptr;
    }
    return connection_.call(words, deadline);
  }

  void hold(const Entry& entry, std::int64_t asked, bool redelivered, std::optional<std::int64_t> count) {
    if (!held_.insert(entry.id).second) return;
    if (!entry.bytes) {
      teller_.tell_always("warn", "pending entry " + channel_ + "/" + entry.id + " was deleted from its stream");
      return;
    }
    offer(entry, asked, redelivered, count);
  }

  void offer(const Entry& entry, std::int64_t asked, std::optional<bool> redelivered, std::optional<std::int64_t> count) {
    buffer_.push_back({.bytes = *entry.bytes,
                       .copy = channel_ + "/" + entry.id,
                       .session = session(),
                       .tag = entry.id,
                       .asked = asked,
                       .redelivered = redelivered,
                       .count = count});
  }

  // False after an error; what can be cured is cured.
  bool readable_stream(const redisReply& answer) {
    if (answer.type != REDIS_REPLY_ERROR) return true;
    const std::string command = question_ == Question::idle ? "XAUTOCLAIM" : "XREADGROUP";
    if (is_error(answer, "NOGROUP") || is_error(answer, "UNBLOCKED")) {
      create_again();
    } else if (may_pass(answer)) {
      teller_.tell("error", command + ": " + text(answer));
      ::poll(nullptr, 0, 1);  // until the server accepts writes again
    } else {
      give_up(command, answer);
    }
    return false;
  }

  // Whatever the caller's deadline: an answer given up would be a notice missed.
  void create_again() {
    const auto answer = connection_.call({"XGROUP", "CREATE", channel_, group_, "0", "MKSTREAM"},
                                         Deadline::in(Polls::patience));
    if (!answer || answer->type == REDIS_REPLY_ERROR) return;
    teller_.tell_always("warn", "stream " + channel_ + " vanished and was created again");
    held_.clear();
    pending_from_.reset();
    idle_from_ = "0-0";
  }

  std::vector<std::string> pending_of(const std::string& incarnation, const std::string& start, Deadline deadline) {
    const auto answer =
        insist({"XPENDING", channel_, group_, start, "+", "100", incarnation}, deadline);
    if (answer->type == REDIS_REPLY_ERROR && !is_error(*answer, "NOGROUP")) give_up("XPENDING", *answer);
    std::vector<std::string> ids;
    for (const auto* pending : elements(*answer))
      if (const auto parts = elements(*pending); !parts.empty()) ids.push_back(text(*parts[0]));
    return ids;
  }

  void claim(const std::vector<std::string>& ids, Deadline deadline) {
    Words words{"XCLAIM", channel_, group_, name_, "0"};
    words.insert(words.end(), ids.begin(), ids.end());
    words.push_back("JUSTID");
    const auto answer = insist(words, deadline);
    if (answer->type == REDIS_REPLY_ERROR) give_up("XCLAIM", *answer);
    if (answer->elements != ids.size())
      teller_.tell_always("warn", "claimed " + std::to_string(answer->elements) + " of " + std::to_string(ids.size()) +
                                      " pending entries of " + channel_ + ": the others were deleted");
  }

  Reply insist(const Words& words, Deadline deadline) {
    if (polls_.open() && !finish_poll(deadline)) connection_.drop();
    return connection_.insist(words, deadline);
  }

  [[noreturn]] void give_up(const std::string& command, const redisReply& error) const {
    throw std::runtime_error(command + " " + channel_ + " for group " + group_ + ": " + text(error));
  }

  Connection connection_;
  Polls polls_;
  std::string channel_, group_, name_, prefetch_, idle_ms_;
  bool leases_, fenced_;
  Teller teller_;
  Question question_ = Question::fresh;      // of the last poll
  std::int64_t session_ = 0;                 // the generation of the connection it began with
  std::optional<std::int64_t> answered_empty_;  // when the poll for new entries began that brought none
  std::deque<Delivery> buffer_;
  std::set<std::string> held_;               // given in this session and not acknowledged
  std::optional<std::string> pending_from_;  // where the own pending list is to be read on
  std::string idle_from_ = "0-0";            // where the search for idle entries goes on
};

}  // namespace

std::unique_ptr<ConsumerLink> stream_consumer(const LinkSetup& setup, const Settings& settings) {
  return std::make_unique<StreamConsumer>(setup, settings);
}

}  // namespace assay::redis
