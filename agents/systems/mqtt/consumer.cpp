#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include <poll.h>

#include "agents/recording/recorder.hpp"
#include "agents/systems/mqtt/connection.hpp"
#include "agents/systems/mqtt/copies.hpp"
#include "agents/systems/mqtt/links.hpp"
#include "agents/systems/mqtt/settings.hpp"
#include "agents/systems/teller.hpp"

namespace assay::mqtt {
namespace {

constexpr int refused_qos = 128;

// The server knows the process and not its incarnation: a successor goes on where
// the dead one was, as an application does that keeps its client id.
std::string client_name(const LinkSetup& setup) {
  return setup.channel + "/" + setup.group + "/" + setup.incarnation.substr(0, setup.incarnation.rfind('#'));
}

// A session of ours is a connection. The library answers a message as it hands
// it over, or ahead of that (README.md). Where it is driven as by a thread of its
// own, its answer waits in it until ack() lets it write.
class Subscriber : public ConsumerLink {
 public:
  explicit Subscriber(const LinkSetup& setup)
      : settings_(settings_in(nlohmann::json::parse(setup.settings))),
        connection_(setup.address,
                    {.client = client_name(setup),
                     .clean_session = settings_.clean_session,
                     .keeps_state = true,
                     .writes_when_told = settings_.acknowledges()},
                    arrivals()),
        channel_(setup.channel),
        name_(setup.incarnation),
        prefetch_(static_cast<std::size_t>(setup.prefetch)),
        teller_(setup.notice) {}

  SessionOpened open(Deadline deadline) override {
    while (!subscribed()) {
      const auto& why = connection_.why();
      if (deadline.passed())
        throw std::runtime_error("subscribe to " + channel_ + " at MQTT: " + (why.empty() ? "no answer in time" : why));
      if (!work(deadline)) pause(Deadline::earlier(deadline, Deadline::in(between_attempts)));
    }
    announced_ = begun_;
    return {session_of(begun_)};
  }

  Received receive(Deadline deadline) override {
    Received received;
    if (arrived_.empty()) await(received, deadline);
    if (announced_ != begun_) {
      announced_ = begun_;
      received.opened = SessionOpened{session_of(begun_)};
    }
    if (arrived_.empty()) return received;
    received.delivery = std::move(arrived_.front());
    arrived_.pop_front();
    if (settings_.acknowledges()) in_hand_.insert(received.delivery->tag);
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override { return ack_together({delivery}, deadline).front(); }

  bool acks_together() const override { return settings_.acknowledges() && prefetch_ > 1; }

  // PUBACKs leave in the order in which the messages came, and none is answered.
  // With another message in hand that is not acknowledged nothing leaves.
  std::vector<AckOutcome> ack_together(const std::vector<Delivery>& deliveries, Deadline deadline) override {
    if (!settings_.acknowledges()) throw std::logic_error("acknowledge on MQTT: the library did with these settings");
    std::vector<AckOutcome> outcomes(deliveries.size(), AckOutcome::indeterminate);
    for (std::size_t i = 0; i < deliveries.size(); ++i)
      if (in_hand_.erase(deliveries[i].tag) > 0) outcomes[i] = AckOutcome::unconfirmed;
    const bool gone_out = in_hand_.empty() && arrived_.empty() && connection_.flush(deadline);
    if (!gone_out) outcomes.assign(deliveries.size(), AckOutcome::indeterminate);
    return outcomes;
  }

  // Who connects with the same client id has what the dead one had.
  void take_over(const std::string&, Deadline) override {}

 private:
  static constexpr std::chrono::milliseconds between_attempts{5};

  // A PINGREQ that is not answered yet. What comes before its answer makes that
  // no evidence that nothing was there.
  struct Ping {
    std::int64_t asked;
    bool alone = true;
  };

  Arrivals arrivals() {
    Arrivals all;
    all.message = [this](const mosquitto_message& message, bool dup) { take(message, dup); };
    all.subscribed = [this](int granted) { granted_ = granted; };
    all.half = [this] {
      if (ping_) ping_->alone = false;
    };
    all.pong = [this] {
      if (ping_ && ping_->alone) answered_empty_ = ping_->asked;
      ping_.reset();
    };
    return all;
  }

  std::string session_of(std::int64_t generation) const { return name_ + "/" + std::to_string(generation); }
  bool subscribed() const { return connection_.alive() && begun_ == connection_.generation(); }

  static void pause(Deadline deadline) { ::poll(nullptr, 0, deadline.left_ms()); }

  // Of a session that the server kept, messages come ahead of the SUBACK; that
  // they come shows that the subscription stands.
  void take(const mosquitto_message& message, bool dup) {
    begun_ = connection_.generation();
    const std::string bytes(static_cast<const char*>(message.payload), static_cast<std::size_t>(message.payloadlen));
    Delivery delivery{.bytes = bytes, .copy = name_by_content(channel_, bytes), .session = session_of(begun_), .tag = std::to_string(++taken_)};
    if (message.qos > 0) delivery.redelivered = dup;
    arrived_.push_back(std::move(delivery));
  }

  void await(Received& received, Deadline deadline) {
    if (!connection_.alive()) in_hand_.clear();
    if (settings_.acknowledges() && in_hand_.size() >= prefetch_) return pause(deadline);
    answered_empty_.reset();
    bool asked = false;
    do {
      if (in_hand_.empty() && subscribed() && !ping_ && !std::exchange(asked, true) && connection_.ping(deadline))
        ping_ = Ping{.asked = monotonic_ns()};
      if (!work(deadline)) pause(deadline);
    } while (arrived_.empty() && !deadline.passed());
    if (arrived_.empty() && ping_) received.unanswered = ping_->asked;
    if (arrived_.empty() && connection_.connecting()) received.unanswered = connecting_since_;
    received.answered_empty = answered_empty_;
  }

  // One step on the way to a subscription, or with it. False: the server took
  // nobody, and may not for a while.
  bool work(Deadline deadline) {
    if (connection_.alive()) {
      connection_.step(deadline);
      if (granted_ && connection_.alive()) begin_session(*std::exchange(granted_, std::nullopt));
      return true;
    }
    ping_.reset();
    in_hand_.clear();
    if (!connection_.connecting()) connecting_since_ = monotonic_ns();
    if (connection_.connect(deadline)) subscribe(deadline);
    else if (connection_.denied()) teller_.tell("error", "connect to MQTT: " + connection_.why());
    return connection_.alive() || connection_.connecting();
  }

  void subscribe(Deadline deadline) {
    granted_.reset();
    const int result = mosquitto_subscribe(connection_.handle(), nullptr, channel_.c_str(), settings_.qos);
    if (result != MOSQ_ERR_SUCCESS) return connection_.lose(mosquitto_strerror(result));
    connection_.flush(deadline);
  }

  void begin_session(int granted) {
    if (granted == refused_qos) throw std::runtime_error("subscribe to " + channel_ + " at MQTT: refused");
    if (granted < settings_.qos) teller_.tell("warn", "subscribed with QoS " + std::to_string(granted));
    begun_ = connection_.generation();
  }

  Settings settings_;
  Connection connection_;
  std::string channel_, name_;
  std::size_t prefetch_;
  Teller teller_;
  std::int64_t begun_ = 0, announced_ = 0;  // the connection whose subscription stands, and was told
  std::int64_t taken_ = 0, connecting_since_ = 0;
  std::optional<int> granted_;
  std::deque<Delivery> arrived_;
  std::set<std::string> in_hand_;  // what the role was given by this connection and has not acknowledged, by tag
  std::optional<Ping> ping_;
  std::optional<std::int64_t> answered_empty_;
};

}  // namespace

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) { return std::make_unique<Subscriber>(setup); }

}  // namespace assay::mqtt
