#include <chrono>
#include <stdexcept>
#include <utility>

#include "agents/recording/recorder.hpp"
#include "agents/systems/answers.hpp"
#include "agents/systems/nats/connection.hpp"
#include "agents/systems/nats/links.hpp"
#include "agents/systems/nats/names.hpp"

namespace assay::nats {
namespace {

// Nobody answers what is published. It counts as gone out when the kernel has it.
class Publisher : public ProducerLink {
 public:
  explicit Publisher(const LinkSetup& setup) : connection_(setup.address), channel_(checked_channel(setup.channel)) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    while (connection_.arrived()) {}  // what a server says unasked, or its end
    if (!connection_.connect(deadline))
      // Definite: not a byte of it was written.
      answers_.not_sent(message.ticket, connection_.why());
    else if (connection_.publish(channel_, message.bytes, "", "", deadline))
      answers_.add({message.ticket, SendOutcome::unconfirmed, "", ""});
    else
      answers_.connection_lost(message.ticket, connection_.why());
  }

  // All that there will ever be to know is known when it has gone out.
  Waiting answer_waiting(Deadline) override { return answers_.waiting(); }

  std::vector<SendAnswer> take_answers() override { return answers_.take(); }

  void abandon() override {
    connection_.drop();
    answers_.clear();
  }

 private:
  Connection connection_;
  std::string channel_;
  Answers answers_;
};

// A session is a subscription. What is published between two of them is missed.
class Subscriber : public ConsumerLink {
 public:
  Subscriber(const LinkSetup& setup, const Settings& settings)
      : connection_(setup.address, Interest{checked_channel(setup.channel), settings.queue_group ? setup.group : ""}),
        channel_(setup.channel),
        name_(setup.incarnation) {}

  // The echo comes back when the server has the subscription.
  SessionOpened open(Deadline deadline) override {
    while (connection_.connect(deadline)) {
      session_ = connection_.generation();
      echo_.reset();
      Received first;
      do await(first, Deadline::earlier(deadline, Deadline::in(quantum)));
      while (echo_ && !first.delivery && connection_.alive() && !deadline.passed());
      kept_ = std::move(first.delivery);
      if (!echo_ || kept_) return {session()};
      connection_.drop();
    }
    throw std::runtime_error("subscribe to " + channel_ + " at NATS: " + connection_.why());
  }

  // What arrived is taken first, whatever became of the connection since.
  Received receive(Deadline deadline) override {
    Received received;
    received.delivery = kept_ ? std::exchange(kept_, std::nullopt) : arrived();
    if (received.delivery) return received;
    if (!connection_.alive()) {
      if (!connection_.connect(deadline)) return received;
      session_ = connection_.generation();
      echo_.reset();
      received.opened = SessionOpened{session()};
      return received;
    }
    await(received, deadline);
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline) override {
    throw std::logic_error("acknowledge " + delivery.copy + ": core NATS has no acknowledgements");
  }

  void take_over(const std::string&, Deadline) override {}  // there is nothing to be had

 private:
  static constexpr std::chrono::milliseconds quantum{5};

  struct Echo {
    std::string token;
    std::int64_t asked;
  };

  std::string session() const { return name_ + "/" + std::to_string(session_); }

  // Where the server pushes nobody is asked, so a quiet moment says nothing about
  // the server. What we publish to ourselves comes behind all that it had for us.
  void await(Received& received, Deadline deadline) {
    if (!echo_) {
      echo_ = Echo{connection_.token(), monotonic_ns()};
      connection_.echo(echo_->token, deadline);
    }
    const auto asked = echo_->asked;
    while (connection_.alive()) {
      const auto message = connection_.next(deadline);
      if (!message) break;
      if ((received.delivery = delivery_in(*message))) return;
    }
    if (!echo_) received.answered_empty = asked;
    else if (connection_.alive()) received.unanswered = asked;
  }

  std::optional<Delivery> arrived() {
    while (const auto message = connection_.arrived())
      if (auto delivery = delivery_in(*message)) return delivery;
    return std::nullopt;
  }

  std::optional<Delivery> delivery_in(const Message& message) {
    if (message.answer) {
      if (echo_ && message.subject == echo_->token) echo_.reset();
      return std::nullopt;
    }
    const auto copy = copy_name(channel_, message.bytes);
    return Delivery{.bytes = message.bytes, .copy = copy, .session = session(), .tag = copy};
  }

  Connection connection_;
  std::string channel_, name_;
  std::int64_t session_ = 0;     // the generation of the connection it is on
  std::optional<Echo> echo_;     // on its way
  std::optional<Delivery> kept_; // came while the session was opened
};

class NothingToAudit : public AuditLink {
 public:
  void scan(const std::function<void(const StoredCopy&)>&, Deadline) override {}
  Backlog backlog(Deadline) override { return {}; }
};

}  // namespace

std::unique_ptr<ProducerLink> publisher(const LinkSetup& setup, const Settings&) { return std::make_unique<Publisher>(setup); }

std::unique_ptr<ConsumerLink> subscriber(const LinkSetup& setup, const Settings& settings) {
  return std::make_unique<Subscriber>(setup, settings);
}

std::unique_ptr<AuditLink> nothing_to_audit() { return std::make_unique<NothingToAudit>(); }

}  // namespace assay::nats
