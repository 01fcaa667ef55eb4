#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

#include "agents/recording/recorder.hpp"
#include "agents/systems/nats/connection.hpp"
#include "agents/systems/nats/links.hpp"
#include "agents/systems/nats/names.hpp"
#include "agents/systems/nats/stream.hpp"
#include "agents/systems/teller.hpp"

namespace assay::nats {
namespace {

// The server leases to the group and not to one of us: whoever asks is given
// what nobody acknowledged within the ack wait. A session is one connection, and
// ends nothing in the server.
class StreamConsumer : public ConsumerLink {
 public:
  StreamConsumer(const LinkSetup& setup, const Settings& settings)
      : connection_(setup.address),
        stream_(setup, settings),
        name_(setup.incarnation),
        batch_(std::max<std::int64_t>(setup.prefetch, 1)),
        ack_sync_(settings.ack_sync),
        acknowledges_(settings.ack_policy != "none"),
        teller_(setup.notice) {}

  SessionOpened open(Deadline deadline) override {
    while (!begin_session(deadline)) {
      if (deadline.passed()) throw std::runtime_error("open " + stream_.channel() + " at NATS: " + connection_.why());
    }
    return {session()};
  }

  Received receive(Deadline deadline) override {
    Received received;
    if (!in_session()) {
      if (begin_session(deadline)) received.opened = SessionOpened{session()};
      return received;
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
    if (connection_.alive() && poll_) received.unanswered = poll_->asked;
    received.answered_empty = answered_empty_;
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override { return settle("+ACK", delivery, deadline); }

  // It comes again at once, to whoever asks.
  AckOutcome give_back(const Delivery& delivery, GivingBack how, Deadline deadline) override {
    if (how == GivingBack::reject) return ConsumerLink::give_back(delivery, how, deadline);
    return settle("-NAK", delivery, deadline);
  }

  // What a dead consumer had comes again after the ack wait, and not before.
  void take_over(const std::string&, Deadline) override {}

 private:
  // Longer than a stall of a busy machine, shorter than a drain waits.
  static constexpr std::chrono::milliseconds patience{2000};
  // An empty stream is answered at once. Asking on and on would burn a core.
  static constexpr std::chrono::milliseconds between_polls{1};

  // A request for messages that is not answered in full.
  struct Poll {
    std::string token;
    std::int64_t asked;
    Deadline until;
    std::int64_t due;
  };

  std::string session() const { return name_ + "/" + std::to_string(session_); }
  bool in_session() const { return session_ != 0 && connection_.alive() && session_ == connection_.generation(); }

  // In the session of the delivery or not at all: in a stream that was created
  // again the same sequence is another message.
  AckOutcome settle(const std::string& word, const Delivery& delivery, Deadline deadline) {
    if (!acknowledges_) throw std::logic_error(word + " to " + delivery.copy + ": with ack_policy none NATS has forgotten it");
    if (!in_session() || delivery.session != session()) return AckOutcome::indeterminate;
    if (!ack_sync_)
      return connection_.publish(delivery.tag, word, "", "", deadline) ? AckOutcome::unconfirmed : AckOutcome::indeterminate;
    const auto answer = connection_.call(delivery.tag, word, deadline);
    if (answer && answer->status.empty()) return AckOutcome::confirmed;
    if (answer) {  // a server that is about to end, most likely
      teller_.tell("warn", word + ": " + answer->status + " " + answer->words);
      connection_.drop();
    }
    return AckOutcome::indeterminate;
  }

  // Making sure of stream and consumer may take longer than a call: given up, it
  // would begin anew each time.
  bool begin_session(Deadline deadline) {
    if (!connection_.connect(deadline)) return false;
    const auto long_enough = Deadline::in(std::max(deadline.left(), patience));
    if (!stream_.ensure(connection_, teller_, long_enough) || !stream_.ensure_consumer(connection_, long_enough)) {
      connection_.drop();
      return false;
    }
    session_ = connection_.generation();
    buffer_.clear();
    poll_.reset();
    return true;
  }

  // "no_wait": what is there, or the word that there is nothing. A request that
  // waits in the server would be filled for a consumer that has stopped meanwhile.
  void poll(Deadline deadline) {
    if (!poll_ && !ask(deadline)) return;
    const auto message = connection_.next(Deadline::earlier(deadline, poll_->until));
    if (message) take(*message);
    else if (poll_->until.passed()) connection_.drop();
    while (poll_) {
      const auto more = connection_.arrived();
      if (!more) break;
      take(*more);
    }
    if (answered_empty_ && !poll_) pause(deadline);
  }

  bool ask(Deadline deadline) {
    const nlohmann::json request{{"batch", batch_}, {"no_wait", true}};
    poll_ = Poll{connection_.token(), monotonic_ns(), Deadline::in(patience), batch_};
    return connection_.publish(stream_.consumer_subject("MSG.NEXT"), request.dump(), poll_->token, "", deadline);
  }

  // A hang-up ends the wait.
  void pause(Deadline deadline) {
    if (const auto message = connection_.next(Deadline::earlier(deadline, Deadline::in(between_polls)))) take(*message);
  }

  // A message that was asked for, or the word that there are no more: 404 with
  // none at all, 408 with fewer than were asked for.
  void take(const Message& message) {
    if (!message.answer) return take_delivery(message);
    if (!poll_ || message.subject != poll_->token) return teller_.tell("warn", "NATS said unasked: " + message.status + message.bytes);
    const auto done = *std::exchange(poll_, std::nullopt);
    const bool nothing = message.status == "404" || message.status == "408";
    if (nothing && done.due == batch_) answered_empty_ = done.asked;
    if (nothing) return;
    teller_.tell("warn", "a request for messages ended: " + message.status + " " + message.words);
    connection_.drop();
  }

  void take_delivery(const Message& message) {
    const auto mark = delivery_mark(message.reply);
    if (!mark) return teller_.tell("warn", "a message that cannot be acknowledged: to " + message.subject);
    buffer_.push_back({.bytes = message.bytes,
                       .copy = copy_name(stream_.channel(), mark->sequence, message.bytes),
                       .session = session(),
                       .tag = message.reply,
                       .asked = poll_ ? poll_->asked : 0,
                       .redelivered = redelivered(*mark),
                       .count = acknowledges_ ? std::optional(mark->count) : std::nullopt});
    if (poll_ && --poll_->due == 0) poll_.reset();
  }

  std::optional<bool> redelivered(const DeliveryMark& mark) const {
    return acknowledges_ ? std::optional(mark.count > 1) : std::nullopt;
  }

  Connection connection_;
  Stream stream_;
  std::string name_;
  std::int64_t batch_;
  bool ack_sync_, acknowledges_;
  Teller teller_;
  std::int64_t session_ = 0;  // the generation of the connection it is on
  std::optional<Poll> poll_;
  std::optional<std::int64_t> answered_empty_;  // when the poll began that brought nothing
  std::deque<Delivery> buffer_;
};

}  // namespace

std::unique_ptr<ConsumerLink> stream_consumer(const LinkSetup& setup, const Settings& settings) {
  return std::make_unique<StreamConsumer>(setup, settings);
}

}  // namespace assay::nats
