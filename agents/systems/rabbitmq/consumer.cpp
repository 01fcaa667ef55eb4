#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include <amqp.h>

#include "agents/recording/recorder.hpp"
#include "agents/systems/rabbitmq/connection.hpp"
#include "agents/systems/rabbitmq/knock.hpp"
#include "agents/systems/rabbitmq/links.hpp"
#include "agents/systems/rabbitmq/notices.hpp"
#include "agents/systems/rabbitmq/queues.hpp"

namespace assay::rabbitmq {
namespace {

constexpr std::int64_t most_prefetched = 65535;

amqp_rpc_reply_t introduce(amqp_connection_state_t state, const std::string& channel, const Settings& settings, std::int64_t prefetch) {
  const auto declared = declare(state, channel, settings);
  if (declared.reply_type != AMQP_RESPONSE_NORMAL) return declared;
  amqp_basic_qos(state, the_channel, 0, static_cast<std::uint16_t>(std::min(prefetch, most_prefetched)), 0);
  return amqp_get_rpc_reply(state);
}

// What was delivered over a connection comes back to the queue when that ends, so
// a session is a connection. It subscribes with the first receive: from then on
// the server pushes, into a socket whose content nobody else would get.
class QueueConsumer : public ConsumerLink {
 public:
  explicit QueueConsumer(const LinkSetup& setup)
      : channel_(setup.channel),
        name_(setup.incarnation),
        settings_(settings_in(nlohmann::json::parse(setup.settings))),
        connection_(setup.address, {.introduction = [this, prefetch = setup.prefetch](auto state) {
                                      if (settings_.is_quorum() && settings_.queue_age_ms > 0) is_new_ = !is_declared(state, channel_);
                                      return introduce(state, channel_, settings_, prefetch);
                                    },
                                    .heartbeat_s = static_cast<int>(settings_.heartbeat_s)}),
        knock_(connection_, channel_),
        teller_(setup.notice) {}

  SessionOpened open(Deadline deadline) override {
    if (!connection_.connect(deadline))
      throw std::runtime_error("open the queue " + channel_ + ": no connection to RabbitMQ: " + connection_.why());
    if (is_new_) std::this_thread::sleep_for(std::chrono::milliseconds(settings_.queue_age_ms));
    return begin_session();
  }

  // What arrived is taken first, whatever became of the connection since.
  Received receive(Deadline deadline) override {
    Received received;
    if (session_ == connection_.generation()) take(received, Deadline::in(std::chrono::milliseconds(0)));
    if (received.delivery) return received;
    if (!connection_.alive() || session_ != connection_.generation()) {
      const auto since = connecting_since_.value_or(monotonic_ns());
      connecting_since_ = since;
      if (connection_.connect(deadline)) received.opened = begin_session();
      else received.unanswered = since;
      return received;
    }
    if (!subscribed_) subscribed_ = connection_.consume(channel_, settings_.auto_ack, deadline);
    knock_.ask(deadline);
    take(received, deadline);
    if (!received.delivery) received.unanswered = knock_.open();
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override {
    return settle("acknowledge", delivery, [&](auto tag) { return connection_.acknowledge(tag, deadline); });
  }

  AckOutcome give_back(const Delivery& delivery, GivingBack how, Deadline deadline) override {
    return settle("give back", delivery, [&](auto tag) {
      return how == GivingBack::nack ? connection_.requeue(tag, deadline) : connection_.reject(tag, deadline);
    });
  }

  // The server takes back what a dead consumer held as soon as its connection has
  // ended. From one that is merely stopped nothing can be had.
  void take_over(const std::string&, Deadline) override {}

 private:
  std::string session() const { return name_ + "/" + std::to_string(session_); }

  // It goes out over the connection that has the delivery, and is never answered.
  template <typename Write>
  AckOutcome settle(const char* attempted, const Delivery& delivery, const Write& write) {
    if (settings_.auto_ack) throw std::logic_error(attempted + (" " + delivery.copy) + ": the server has acknowledged it by itself");
    if (!connection_.alive() || delivery.session != session()) return AckOutcome::indeterminate;
    return write(std::stoull(delivery.tag)) ? AckOutcome::unconfirmed : AckOutcome::indeterminate;
  }

  SessionOpened begin_session() {
    session_ = connection_.generation();
    subscribed_ = false;
    connecting_since_.reset();
    knock_.forget();
    return {session()};
  }

  // Waits for a delivery, and keeps what else is said on the way.
  void take(Received& received, Deadline deadline) {
    while (const auto incoming = connection_.next(deadline)) {
      if (const auto* pushed = std::get_if<Pushed>(&*incoming)) {
        knock_.disturbed();
        received.delivery = delivery(*pushed);
        return;
      }
      if (const auto* counted = std::get_if<Counted>(&*incoming))
        if (const auto empty = knock_.answered(*counted, deadline)) received.answered_empty = empty;
      if (const auto* closing = std::get_if<Closing>(&*incoming)) teller_.tell(*closing);
    }
  }

  // A quorum queue counts how often a message came back to it.
  Delivery delivery(const Pushed& pushed) const {
    Delivery made{.bytes = pushed.bytes,
                  .copy = copy_name(channel_, pushed.bytes),
                  .session = session(),
                  .tag = std::to_string(pushed.tag),
                  .redelivered = pushed.redelivered};
    if (settings_.is_quorum()) made.count = pushed.returns.value_or(0) + 1;
    return made;
  }

  std::string channel_, name_;
  Settings settings_;
  Connection connection_;
  Knock knock_;
  ServerTeller teller_;
  std::int64_t session_ = 0;  // the generation of the connection it is
  bool is_new_ = false;  // the queue, and we have made it
  bool subscribed_ = false;
  std::optional<std::int64_t> connecting_since_;  // monotonic ns
};

}  // namespace

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) { return std::make_unique<QueueConsumer>(setup); }

}  // namespace assay::rabbitmq
