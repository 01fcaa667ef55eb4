#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

#include "agents/recording/recorder.hpp"
#include "agents/systems/beanstalkd/connection.hpp"
#include "agents/systems/beanstalkd/job.hpp"
#include "agents/systems/beanstalkd/links.hpp"

namespace assay::beanstalkd {
namespace {

// A reservation belongs to the connection that made it: when that closes, the
// job is ready again. So a session is a connection, and a dead consumer holds
// nothing that a successor would have to take.
class TubeConsumer : public ConsumerLink {
 public:
  explicit TubeConsumer(const LinkSetup& setup)
      : connection_(setup.address, {{"watch " + setup.channel, "WATCHING"}, {"ignore default", "WATCHING"}}),
        channel_(setup.channel),
        name_(setup.incarnation),
        notice_(setup.notice) {}

  SessionOpened open(Deadline deadline) override {
    if (!connection_.connect(deadline))
      throw std::runtime_error("watch " + channel_ + ": no connection to beanstalkd: " + connection_.why());
    begin_session();
    return {session_of(session_)};
  }

  Received receive(Deadline deadline) override {
    Received received;
    if (!connection_.connect(deadline)) return received;
    if (session_ != connection_.generation()) {
      begin_session();
      received.opened = SessionOpened{session_of(session_)};
    }
    answered_empty_.reset();
    do {
      if (!kept_) kept_ = poll(deadline);
      if (kept_) {
        received.delivery = std::exchange(kept_, std::nullopt);
        return received;
      }
    } while (connection_.alive() && !deadline.passed());
    if (polling()) received.unanswered = poll_->asked;
    received.answered_empty = answered_empty_;
    return received;
  }

  // Only over the connection that holds the reservation: beanstalkd deletes a
  // ready job for anybody, and for a later connection of ours what that one was
  // given. Refused is what the server says, so this is not.
  AckOutcome ack(const Delivery& delivery, Deadline deadline) override {
    if (!connection_.alive() || delivery.session != session_of(connection_.generation())) return AckOutcome::indeterminate;
    if (!finish_poll(deadline)) return AckOutcome::indeterminate;
    const auto answer = connection_.call("delete " + delivery.tag + "\r\n", deadline);
    if (!answer) return AckOutcome::indeterminate;
    if (answer->line == "DELETED") return AckOutcome::confirmed;
    if (answer->line == "NOT_FOUND") return AckOutcome::refused;
    end_session("delete: " + answer->line);
    return AckOutcome::indeterminate;
  }

  // The server gives a dead consumer's jobs back by itself. From one that is
  // merely stopped they cannot be taken, and this does not pretend to.
  void take_over(const std::string&, Deadline) override {}

 private:
  // Longer than a stall of a busy machine, shorter than a drain waits.
  static constexpr std::chrono::milliseconds answer_patience{4000};
  // An empty tube is answered at once. Asking on and on would burn a core.
  static constexpr std::chrono::milliseconds between_polls{1};

  // A reserve that was sent and is not answered yet.
  struct Poll {
    std::int64_t generation;
    std::int64_t asked;
    Deadline patience;
  };

  std::string session_of(std::int64_t generation) const { return name_ + "/" + std::to_string(generation); }

  void begin_session() {
    session_ = connection_.generation();
    kept_.reset();
  }

  void end_session(const std::string& line) {
    if (notice_) notice_({"error", line});
    connection_.drop();
  }

  bool polling() const { return poll_ && poll_->generation == connection_.generation(); }

  // An answer that takes longer than the caller's deadline is left for the next
  // call, as it may bring a job. The longest wait that the server offers in
  // place of 0 is too coarse, whole seconds, and would hold back a delete.
  std::optional<Delivery> poll(Deadline deadline) {
    if (!polling()) {
      poll_ = Poll{connection_.generation(), monotonic_ns(), Deadline::in(answer_patience)};
      if (!connection_.send("reserve-with-timeout 0\r\n", deadline)) {
        connection_.drop();
        return std::nullopt;
      }
    }
    const auto answer = connection_.reply(Deadline::earlier(deadline, poll_->patience));
    if (!answer) {
      if (poll_->patience.passed()) connection_.drop();
      return std::nullopt;
    }
    const Poll done = *std::exchange(poll_, std::nullopt);
    if (answer->word(0) == "RESERVED") return delivery(*answer, done.asked);
    if (answer->line == "TIMED_OUT") answered_empty_ = done.asked;
    if (answer->line == "TIMED_OUT" || answer->line == "DEADLINE_SOON")
      connection_.readable(Deadline::earlier(deadline, Deadline::in(between_polls)));  // a hang-up ends the wait
    else
      end_session("reserve: " + answer->line);
    return std::nullopt;
  }

  // True when no poll is open any more. A job that it brings is kept.
  bool finish_poll(Deadline deadline) {
    if (!polling()) return true;
    kept_ = poll(deadline);
    if (polling()) connection_.drop();  // what comes next would be taken for the answer to a delete
    return connection_.alive();
  }

  // No flag and no count: `reserves` of stats-job starts again at 0 when the
  // server does (measured on 1.12).
  Delivery delivery(const Reply& reserved, std::int64_t asked) const {
    const std::string id(reserved.word(1));
    return {.bytes = reserved.body,
            .copy = copy_name(channel_, id, reserved.body),
            .session = session_of(session_),
            .tag = id,
            .asked = asked,
            .redelivered = std::nullopt,
            .count = std::nullopt};
  }

  Connection connection_;
  std::string channel_, name_;
  NoticeSink notice_;
  std::int64_t session_ = 0;      // the generation of the connection it began with
  std::optional<std::int64_t> answered_empty_;  // when the poll began that brought nothing
  std::optional<Poll> poll_;
  std::optional<Delivery> kept_;  // reserved for this session, and not handed out yet
};

}  // namespace

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) { return std::make_unique<TubeConsumer>(setup); }

}  // namespace assay::beanstalkd
