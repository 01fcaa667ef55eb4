// What a role may ask of the system under test. The page SEAM in our design
// notes gives the reasons; systems/ has one implementation a folder.
//
// An adapter translates faithfully and never softens: what the system did not
// say is indeterminate, an error is an error, a dropped message stays dropped.
// A lost connection is an outcome, not an exception: the link reconnects in the
// next call, each call within its deadline. Exceptions mean that the agent
// cannot go on, which is a failure of the environment.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "agents/os/deadline.hpp"
#include "agents/sink/sink.hpp"

namespace assay {

struct OutgoingMessage {
  std::int64_t ticket = 0;  // the producer's name for this attempt; comes back in the answer
  std::string bytes;        // payload as it travels
  std::string key;

  // Asks the system to store it once, however often it is sent: by an id, or by
  // a number within a session of the producer. Empty: it is not asked.
  std::string dedup_id;
  std::string dedup_session;
  std::int64_t dedup_sequence = 0;
};

enum class SendOutcome {
  ok,             // the system answered yes
  unconfirmed,    // gone out, and this system never answers
  fail,           // it did not happen and never will: only with a cited reason
  indeterminate,  // nobody can tell: connection lost, time-out
};

struct SendAnswer {
  std::int64_t ticket = 0;
  SendOutcome outcome = SendOutcome::indeterminate;
  std::string copy;   // where it is stored, if told
  std::string error;  // the system's own words
  bool duplicate = false;  // ok, and the system says that it had it before
  bool fenced = false;     // of send_on: not ok, and this link is shut out for good
};

// What a producer knows before it takes its answers.
enum class Waiting {
  nothing,  // by the deadline
  answer,   // an answer is readable and still unread: the system has applied the message;
            // of a system that never answers: a message has gone out
  lost,     // the connection is gone, and the open tickets with it
};

class ProducerLink {
 public:
  virtual ~ProducerLink() = default;

  // Hands one message over without waiting for its answer. When the connection
  // is lost every open ticket is answered `indeterminate` by take_answers.
  virtual void submit(const OutgoingMessage& message, Deadline deadline) = 0;

  // Waits until something is known about an open ticket, and takes nothing.
  virtual Waiting answer_waiting(Deadline deadline) = 0;

  // The answers that are there, without waiting.
  virtual std::vector<SendAnswer> take_answers() = 0;

  // Gives up all open tickets: closes the connection with linger 0, so that
  // nothing queued can leave later. The next submit connects anew.
  virtual void abandon() = 0;
};

struct Delivery {
  std::string bytes;
  std::string copy;  // of a log: LOG/PARTITION/POSITION, the position a number
  std::string session;
  std::string tag;
  std::int64_t asked = 0;  // monotonic ns: when the poll that got it began
  std::optional<bool> redelivered;
  std::optional<std::int64_t> count;
};

enum class AckOutcome { confirmed, refused, unconfirmed, indeterminate };

// How a consumer gives back a delivery that it has not processed.
enum class GivingBack {
  nack,    // to be given again, to it or another
  reject,  // for good: the system sets it aside, or drops it
};

// How a consumer's transaction ended.
enum class TransactionOutcome {
  ok,             // the system says that all of it is there, or for an abort none
  fail,           // none of it will ever be: fenced, expired, refused; only with a cited reason
  indeterminate,  // nobody can tell
};

struct TransactionAnswer {
  TransactionOutcome outcome = TransactionOutcome::indeterminate;
  std::string error;    // the system's own words
  bool fenced = false;  // not ok, and this link is shut out: none of its transactions will ever work again
};

struct SessionOpened {
  std::string session;
};

// One call's result: a delivery, a session that had to be opened (again) first,
// or nothing. A session is reported before any delivery of it.
struct Received {
  std::optional<SessionOpened> opened;
  std::optional<Delivery> delivery;

  // With no delivery: when the poll began that the system still owes an answer
  // to, monotonic ns. It stays open, and a later call may bring what it got.
  std::optional<std::int64_t> unanswered = std::nullopt;

  // With no delivery: when the last poll began, monotonic ns, that the system
  // answered with nothing. Where it pushes: when it was asked whether it lives,
  // and behind all that it had pushed before it said yes.
  std::optional<std::int64_t> answered_empty = std::nullopt;
};

class ConsumerLink {
 public:
  virtual ~ConsumerLink() = default;

  // Declares group and subscription so that messages sent from now on are owed
  // to it. Idempotent.
  virtual SessionOpened open(Deadline deadline) = 0;

  virtual Received receive(Deadline deadline) = 0;
  virtual AckOutcome ack(const Delivery& delivery, Deadline deadline) = 0;

  // Whether one step of the system acknowledges several deliveries. Then the
  // roles ask for that: what came of each, in their order.
  virtual bool acks_together() const { return false; }
  virtual std::vector<AckOutcome> ack_together(const std::vector<Delivery>&, Deadline) { cannot("acknowledge in one step"); }

  // Where "give_back" has that word. Its outcome is told as that of an ack.
  virtual AckOutcome give_back(const Delivery&, GivingBack, Deadline) { cannot("give a delivery back"); }

  // Where transactions are "effect-and-ack": puts an effect into the transaction
  // that holds the delivery, whose confirmed ack makes it last. False: that
  // transaction is gone, and with it the delivery.
  virtual bool put(const SinkRow&, const Delivery&, Deadline) { cannot("take an effect into a transaction"); }

  // Where transactions are "send-and-offsets": what comes of a delivery is records
  // that are sent on into the output of this channel, effect.part 1 and on, each
  // on a partition of its own; the auditor's scan_effects reads them there.
  //
  // fence() ends what earlier incarnations of this consumer have open, and
  // shuts them out. Called before open(), and once more whenever it is not known
  // how a transaction of this link ended: it then settles that one, too.
  // begin() names the transaction for our records; the system need not know that
  // name, but each record sent on carries it (effect.transaction).
  //
  // After an abort, and after a fence() that settled something, the link gives
  // again what it had taken and is not committed.
  virtual TransactionAnswer fence(Deadline) { cannot("shut out earlier incarnations"); }
  virtual TransactionAnswer begin(Deadline) { cannot("begin a transaction"); }

  // `ok` says that the system has it, within a transaction as something that is
  // not committed: that a client has put it into its own queue is not enough.
  virtual SendAnswer send_on(const SinkRow& effect, Deadline) { cannot("send on " + effect.message); }
  virtual TransactionAnswer add_offsets(const std::vector<Delivery>&, Deadline) { cannot("take offsets into a transaction"); }
  virtual TransactionAnswer commit(Deadline) { cannot("commit a transaction"); }
  virtual TransactionAnswer abort(Deadline) { cannot("abort a transaction"); }

  // Makes what a dead incarnation ("consumer-0#1") still holds available again.
  virtual void take_over(const std::string& incarnation, Deadline deadline) = 0;

 private:
  [[noreturn]] static void cannot(const std::string& asked) { throw std::logic_error("this system cannot " + asked); }
};

struct StoredCopy {
  std::string copy;
  std::string bytes;
  bool committed = true;
  std::string reason = {};  // of a dead letter, where told: "expired", "rejected", "limit" (given too often), "overflow"
};

struct Backlog {
  std::int64_t ready = 0, leased = 0, delayed = 0, prepared = 0;
  bool empty() const { return ready + leased + delayed + prepared == 0; }
};

class AuditLink {
 public:
  virtual ~AuditLink() = default;

  // Every copy the system still has, copies already acked included where it
  // keeps them.
  virtual void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) = 0;

  // Every effect that lasts, where effects live in the system.
  virtual void scan_effects(const std::function<void(const SinkRow&)>&, Deadline) {}

  // Every message that the system has set aside as undeliverable, where it has a
  // place for them ("dead_letters"), each with its copy's name in that place.
  virtual void scan_dead_letters(const std::function<void(const StoredCopy&)>&, Deadline) {}

  virtual Backlog backlog(Deadline deadline) = 0;
};

// What a link has to tell beside its results: a re-created stream ("warn"), a
// full disk ("error"). Becomes an `environment` event.
struct Notice {
  std::string level;
  std::string line;
};
using NoticeSink = std::function<void(const Notice&)>;

// Where and as whom a link works.
struct LinkSetup {
  std::string address;
  std::string channel;      // the trial's own queue or stream
  std::string group;        // consumers of one group share the channel
  std::string incarnation;  // "consumer-0#2": names sessions and leases
  std::int64_t prefetch = 1;
  std::string settings;  // the profile's settings for this system, JSON
  NoticeSink notice;
};

// What a system offers to roles.
class System {
 public:
  virtual ~System() = default;
  virtual std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) = 0;
  virtual std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) = 0;
  virtual std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) = 0;
};

}  // namespace assay
