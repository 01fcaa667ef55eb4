#include "agents/systems/redis/links.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include <poll.h>

#include "agents/systems/redis/connection.hpp"

namespace assay::redis {
namespace {

std::int64_t monotonic_now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Tells a notice once while it stays the same: a full disk refuses every command.
class Teller {
 public:
  explicit Teller(NoticeSink sink) : sink_(std::move(sink)) {}

  void tell(const std::string& level, const std::string& line) {
    if (std::exchange(last_, line) != line) tell_always(level, line);
  }
  void tell_always(const std::string& level, const std::string& line) {
    if (sink_) sink_({level, line});
  }

 private:
  NoticeSink sink_;
  std::string last_;
};

// ---------------------------------------------------------------- entries

// An entry of a stream. A pending entry that was deleted from its stream comes
// back without fields.
struct Entry {
  std::string id;
  std::optional<std::string> bytes;
};

// [id, [name, value, ...]]
Entry entry_of(const redisReply& reply) {
  const auto parts = elements(reply);
  if (parts.size() != 2) throw std::runtime_error("Redis gave an entry of " + std::to_string(parts.size()) + " parts");
  Entry entry{.id = text(*parts[0]), .bytes = std::nullopt};
  const auto fields = elements(*parts[1]);
  if (parts[1]->type == REDIS_REPLY_ARRAY) entry.bytes.emplace();
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
    if (text(*fields[i]) == "b") entry.bytes = text(*fields[i + 1]);
  return entry;
}

std::vector<Entry> entries_of(const redisReply& reply) {
  std::vector<Entry> entries;
  for (const auto* one : elements(reply)) entries.push_back(entry_of(*one));
  return entries;
}

// [[stream, [entry, ...]]], or nil when there was nothing.
std::vector<Entry> read_entries(const redisReply& reply) {
  const auto streams = elements(reply);
  if (streams.empty()) return {};
  const auto stream = elements(*streams.front());
  return stream.size() == 2 ? entries_of(*stream[1]) : std::vector<Entry>{};
}

// ---------------------------------------------------------------- producer

// Errors that say XADD was not executed and never will be; anything else
// leaves the send indeterminate. All but the last are decided by
// processCommand() (redis 7.0, src/server.c), which rejects a command before
// it calls it.
struct Rejection {
  std::string_view code;
  std::string_view because;
};
constexpr Rejection rejections[] = {
    {"LOADING", "still loading its data: only ok-loading commands are called"},
    {"NOAUTH", "the connection is not authenticated"},
    {"MISCONF", "the last save or AOF write failed: writes are rejected"},
    {"OOM", "over maxmemory and nothing to evict: deny-oom commands are rejected"},
    {"READONLY", "a replica: writes are rejected"},
    {"WRONGTYPE", "the key holds no stream: XADD checks that before it appends"},
};

bool never_executed(const redisReply& reply) {
  return std::any_of(std::begin(rejections), std::end(rejections),
                     [&](const Rejection& rejection) { return is_error(reply, rejection.code); });
}

class StreamProducer : public ProducerLink {
 public:
  explicit StreamProducer(const LinkSetup& setup)
      : connection_(setup.address), channel_(setup.channel), teller_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    gather();
    if (!connection_.connect(deadline)) {
      // Definite: not a byte of it was written.
      answers_.push_back({message.ticket, SendOutcome::fail, "", "not sent: " + connection_.why()});
      return;
    }
    open_.push_back(message.ticket);
    if (!connection_.send({"XADD", channel_, "*", "b", message.bytes, "k", message.key}, deadline)) gather();
  }

  Waiting answer_waiting(Deadline deadline) override {
    if (!answers_.empty()) {
      const bool answered = std::any_of(answers_.begin(), answers_.end(), [](const SendAnswer& answer) {
        return answer.outcome == SendOutcome::ok;
      });
      return answered ? Waiting::answer : Waiting::lost;
    }
    if (open_.empty() || !connection_.readable(deadline)) return Waiting::nothing;
    return connection_.has_bytes() ? Waiting::answer : Waiting::lost;
  }

  std::vector<SendAnswer> take_answers() override {
    gather();
    return std::exchange(answers_, {});
  }

  void abandon() override {
    connection_.drop();
    open_.clear();
    answers_.clear();
  }

 private:
  // Reads what is there. Where the connection ended, the tickets behind the
  // last reply are lost.
  void gather() {
    while (const auto reply = connection_.arrived()) {
      if (open_.empty()) {
        teller_.tell("warn", "Redis said unasked: " + text(*reply));
        connection_.drop();
        return;
      }
      answers_.push_back(answer(open_.front(), *reply));
      open_.pop_front();
    }
    if (connection_.alive()) return;
    lose_open();
    connection_.drop();
  }

  SendAnswer answer(std::int64_t ticket, const redisReply& reply) {
    if (reply.type == REDIS_REPLY_STRING) return {ticket, SendOutcome::ok, channel_ + "/" + text(reply), ""};
    if (reply.type != REDIS_REPLY_ERROR)
      return {ticket, SendOutcome::indeterminate, "", "XADD answered by a reply of type " + std::to_string(reply.type)};
    teller_.tell("error", "XADD: " + text(reply));
    return {ticket, never_executed(reply) ? SendOutcome::fail : SendOutcome::indeterminate, "", text(reply)};
  }

  void lose_open() {
    for (const auto ticket : std::exchange(open_, {}))
      answers_.push_back({ticket, SendOutcome::indeterminate, "", "connection lost: " + connection_.why()});
  }

  Connection connection_;
  std::string channel_;
  Teller teller_;
  std::deque<std::int64_t> open_;  // in the order of their commands, and so of their replies
  std::vector<SendAnswer> answers_;
};

// ---------------------------------------------------------------- consumer

// Errors that pass: the command may be tried again on the same connection.
bool may_pass(const redisReply& reply) {
  constexpr std::string_view codes[] = {"LOADING", "MISCONF", "OOM", "READONLY", "MASTERDOWN", "BUSY"};
  return std::any_of(std::begin(codes), std::end(codes), [&](auto code) { return is_error(reply, code); });
}

// Redis leases to consumer names, not to connections, so sessions are ours: one
// a connection. A new one begins with what the name still holds.
class StreamConsumer : public ConsumerLink {
 public:
  explicit StreamConsumer(const LinkSetup& setup)
      : connection_(setup.address),
        channel_(setup.channel),
        group_(setup.group),
        name_(setup.incarnation),
        prefetch_(std::to_string(std::max<std::int64_t>(setup.prefetch, 1))),
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
    do {
      if (buffer_.empty()) poll(deadline);
      if (!buffer_.empty()) {
        received.delivery = std::move(buffer_.front());
        buffer_.pop_front();
        return received;
      }
    } while (connection_.alive() && !deadline.passed());
    if (polling()) received.unanswered = poll_->asked;
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override {
    if (!connection_.connect(deadline)) return AckOutcome::indeterminate;
    const auto answer = ask({"XACK", channel_, group_, delivery.tag}, deadline);
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
    while (true) {
      const auto ids = pending_of(incarnation, start, deadline);
      if (ids.empty()) return;
      claim(ids, deadline);
      start = "(" + ids.back();
      pending_from_ = "0";
    }
  }

 private:
  // Longer than a stall of a busy machine, shorter than a drain waits.
  static constexpr std::chrono::milliseconds answer_patience{2000};

  // A read that was sent, and what came of it so far.
  struct Poll {
    std::int64_t generation;
    bool of_pending;
    std::int64_t asked;
    Deadline patience;
    Reply page, counts;
  };

  std::string session() const { return name_ + "/" + std::to_string(session_); }

  void begin_session() {
    session_ = connection_.generation();
    buffer_.clear();
    held_.clear();
    pending_from_ = "0";
  }

  // First what this name holds already, page by page until there is no more;
  // then what nobody was given yet. An answer that takes longer than the
  // caller's deadline is left for the next call, as it may bring leases.
  void poll(Deadline deadline) {
    if (!polling() && !(pending_from_ ? ask_pending(deadline) : ask_new(deadline))) return connection_.drop();
    finish_poll(deadline);
  }

  bool polling() const { return poll_ && poll_->generation == connection_.generation(); }

  void begin_poll(bool of_pending) {
    poll_ = Poll{.generation = connection_.generation(),
                 .of_pending = of_pending,
                 .asked = monotonic_now_ns(),
                 .patience = Deadline::in(answer_patience),
                 .page = nullptr,
                 .counts = nullptr};
  }

  // A page and, in the same order, how often its entries were delivered.
  bool ask_pending(Deadline deadline) {
    begin_poll(true);
    const auto after = "(" + *pending_from_;
    return connection_.send({"XREADGROUP", "GROUP", group_, name_, "COUNT", prefetch_, "STREAMS", channel_,
                             *pending_from_}, deadline) &&
           connection_.send({"XPENDING", channel_, group_, after, "+", prefetch_, name_}, deadline);
  }

  // Blocks in the server for 5 ms at most: whoever is stopped while it blocks
  // is still given what comes in, and nobody knows.
  bool ask_new(Deadline deadline) {
    begin_poll(false);
    const auto block_ms = std::to_string(std::clamp(deadline.left_ms() - 1, 1, 5));
    return connection_.send({"XREADGROUP", "GROUP", group_, name_, "COUNT", prefetch_, "BLOCK", block_ms, "STREAMS",
                             channel_, ">"}, deadline);
  }

  bool finish_poll(Deadline deadline) {
    const auto until = Deadline::earlier(deadline, poll_->patience);
    if (!poll_->page) poll_->page = connection_.reply(until);
    if (poll_->page && poll_->of_pending && !poll_->counts) poll_->counts = connection_.reply(until);
    if (!poll_->page || (poll_->of_pending && !poll_->counts)) {
      if (poll_->patience.passed()) connection_.drop();
      return false;
    }
    const Poll done = std::move(*std::exchange(poll_, std::nullopt));
    if (!readable_stream(*done.page)) return true;
    if (done.of_pending)
      take_pending(done);
    else
      for (const auto& entry : read_entries(*done.page)) hold(entry, done.asked, false, 1);
    return true;
  }

  void take_pending(const Poll& done) {
    std::map<std::string, std::int64_t> counts;
    for (const auto* pending : elements(*done.counts))
      if (const auto parts = elements(*pending); parts.size() == 4) counts[text(*parts[0])] = parts[3]->integer;

    const auto entries = read_entries(*done.page);
    pending_from_ = entries.empty() ? std::nullopt : std::optional(entries.back().id);
    for (const auto& entry : entries) {
      const auto count = counts.find(entry.id);
      hold(entry, done.asked, true, count == counts.end() ? std::nullopt : std::optional(count->second));
    }
  }

  // A command and its reply, behind a poll that may still be open.
  Reply ask(const Words& words, Deadline deadline) {
    if (polling() && !finish_poll(deadline)) {
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
    if (is_error(answer, "NOGROUP") || is_error(answer, "UNBLOCKED")) {
      create_again();
    } else if (may_pass(answer)) {
      teller_.tell("error", "XREADGROUP: " + text(answer));
      ::poll(nullptr, 0, 1);  // until the server accepts writes again
    } else {
      give_up("XREADGROUP", answer);
    }
    return false;
  }

  // Whatever the caller's deadline: an answer given up would be a notice missed.
  void create_again() {
    const auto answer = connection_.call({"XGROUP", "CREATE", channel_, group_, "0", "MKSTREAM"},
                                         Deadline::in(answer_patience));
    if (!answer || answer->type == REDIS_REPLY_ERROR) return;
    teller_.tell_always("warn", "stream " + channel_ + " vanished and was created again");
    held_.clear();
    pending_from_.reset();
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
    if (polling() && !finish_poll(deadline)) connection_.drop();
    return connection_.insist(words, deadline);
  }

  [[noreturn]] void give_up(const std::string& command, const redisReply& error) const {
    throw std::runtime_error(command + " " + channel_ + " for group " + group_ + ": " + text(error));
  }

  Connection connection_;
  std::string channel_, group_, name_, prefetch_;
  Teller teller_;
  std::int64_t session_ = 0;            // the generation of the connection it began with
  std::deque<Delivery> buffer_;
  std::set<std::string> held_;          // given in this session and not acknowledged
  std::optional<std::string> pending_from_;  // where the own pending list is to be read on
  std::optional<Poll> poll_;
};

// ---------------------------------------------------------------- auditor

class StreamAudit : public AuditLink {
 public:
  explicit StreamAudit(const LinkSetup& setup)
      : connection_(setup.address), channel_(setup.channel), group_(setup.group), teller_(setup.notice) {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    each_entry("-", deadline, [&](const Entry& entry) {
      visit({.copy = channel_ + "/" + entry.id, .bytes = entry.bytes.value_or(""), .committed = true});
    });
  }

  // Ready before leased: an entry that is handed out in between is counted
  // twice, where the other order would miss it.
  Backlog backlog(Deadline deadline) override {
    Backlog backlog;
    const auto last = last_delivered(deadline);
    if (!last) return backlog;
    each_entry("(" + *last, deadline, [&](const Entry&) { ++backlog.ready; });
    const auto pending = connection_.insist({"XPENDING", channel_, group_}, deadline);
    if (const auto parts = elements(*pending); !parts.empty()) backlog.leased = parts[0]->integer;
    return backlog;
  }

 private:
  // Empty when there is no such stream. A stream without the group owes it
  // everything.
  std::optional<std::string> last_delivered(Deadline deadline) {
    const auto groups = connection_.insist({"XINFO", "GROUPS", channel_}, deadline);
    if (groups->type == REDIS_REPLY_ERROR) {
      if (text(*groups) != "ERR no such key") throw std::runtime_error("XINFO GROUPS " + channel_ + ": " + text(*groups));
      teller_.tell_always("warn", "stream " + channel_ + " is not there");
      return std::nullopt;
    }
    for (const auto* group : elements(*groups))
      if (field(*group, "name") == group_) return field(*group, "last-delivered-id");
    teller_.tell_always("warn", "stream " + channel_ + " has no group " + group_);
    return "0-0";
  }

  // [name, value, name, value, ...]
  static std::string field(const redisReply& map, std::string_view name) {
    const auto parts = elements(map);
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2)
      if (text(*parts[i]) == name) return text(*parts[i + 1]);
    return {};
  }

  void each_entry(std::string start, Deadline deadline, const std::function<void(const Entry&)>& visit) {
    while (true) {
      const auto page = connection_.insist({"XRANGE", channel_, start, "+", "COUNT", "500"}, deadline);
      if (page->type == REDIS_REPLY_ERROR) throw std::runtime_error("XRANGE " + channel_ + ": " + text(*page));
      const auto entries = entries_of(*page);
      if (entries.empty()) return;
      for (const auto& entry : entries) visit(entry);
      start = "(" + entries.back().id;
    }
  }

  Connection connection_;
  std::string channel_, group_;
  Teller teller_;
};

}  // namespace

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) { return std::make_unique<StreamProducer>(setup); }
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) { return std::make_unique<StreamConsumer>(setup); }
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) { return std::make_unique<StreamAudit>(setup); }

}  // namespace assay::redis
