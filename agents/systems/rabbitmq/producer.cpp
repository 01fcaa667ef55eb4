#include <algorithm>
#include <map>
#include <utility>

#include <amqp.h>

#include "agents/systems/answers.hpp"
#include "agents/systems/rabbitmq/connection.hpp"
#include "agents/systems/rabbitmq/links.hpp"
#include "agents/systems/rabbitmq/notices.hpp"
#include "agents/systems/rabbitmq/queues.hpp"

namespace assay::rabbitmq {
namespace {

amqp_rpc_reply_t introduce(amqp_connection_state_t state, const std::string& channel, const Settings& settings) {
  const auto declared = declare(state, channel, settings);
  if (declared.reply_type != AMQP_RESPONSE_NORMAL || !settings.confirms) return declared;
  amqp_confirm_select(state, the_channel);
  return amqp_get_rpc_reply(state);
}

// Publications of a connection are counted from 1, and a confirm names one of
// them, or all up to it.
class QueueProducer : public ProducerLink {
 public:
  explicit QueueProducer(const LinkSetup& setup)
      : channel_(setup.channel),
        settings_(settings_in(nlohmann::json::parse(setup.settings))),
        connection_(setup.address, {.introduction = [this](auto state) { return introduce(state, channel_, settings_); },
                                    .heartbeat_s = static_cast<int>(settings_.heartbeat_s)}),
        teller_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    gather();
    if (!connection_.connect(deadline)) {
      // Definite: not a byte of it was written.
      answers_.not_sent(message.ticket, connection_.why());
      return;
    }
    if (std::exchange(generation_, connection_.generation()) != connection_.generation()) published_ = 0;
    open_[++published_] = {message.ticket, copy_name(channel_, message.bytes), ""};
    const bool written = connection_.publish({.queue = channel_,
                                              .bytes = message.bytes,
                                              .message_id = std::to_string(message.ticket),
                                              .persistent = settings_.persistent,
                                              .mandatory = settings_.mandatory},
                                             deadline);
    if (!written) return gather();
    if (settings_.confirms) return;
    answers_.add({message.ticket, SendOutcome::unconfirmed, "", ""});
    open_.clear();
  }

  // What is read here is kept for take_answers.
  Waiting answer_waiting(Deadline deadline) override {
    while (answers_.empty() && !open_.empty()) {
      const auto incoming = connection_.next(deadline);
      if (incoming) settle(*incoming);
      if (!connection_.alive()) gather();
      if (!incoming && answers_.empty()) return Waiting::nothing;
    }
    return answers_.waiting();
  }

  std::vector<SendAnswer> take_answers() override {
    gather();
    return answers_.take();
  }

  void abandon() override {
    connection_.drop();
    open_.clear();
    answers_.clear();
  }

 private:
  struct Open {
    std::int64_t ticket = 0;
    std::string copy;
    std::string returned;  // why no queue took it
  };

  // Takes what is there. Where the connection ended, the tickets behind the last
  // confirm are lost.
  void gather() {
    while (const auto incoming = connection_.arrived()) settle(*incoming);
    if (connection_.alive()) return;
    for (const auto& [number, open] : std::exchange(open_, {}))
      answers_.connection_lost(open.ticket, connection_.why());
    connection_.drop();
  }

  void settle(const Incoming& incoming) {
    if (const auto* confirm = std::get_if<Confirm>(&incoming)) settle(*confirm);
    if (const auto* returned = std::get_if<Returned>(&incoming)) remember(*returned);
    if (const auto* closing = std::get_if<Closing>(&incoming)) teller_.tell(*closing);
    if (const auto* blocked = std::get_if<Blocked>(&incoming)) teller_.tell(*blocked);
  }

  void settle(const Confirm& confirm) {
    const auto last = open_.upper_bound(confirm.tag);
    const auto first = confirm.multiple ? open_.begin() : open_.find(confirm.tag);
    if (!confirm.multiple && first == open_.end()) return;
    std::for_each(first, last, [&](const auto& entry) { answers_.add(answer(entry.second, confirm.positive)); });
    open_.erase(first, last);
  }

  void remember(const Returned& returned) {
    for (auto& [number, open] : open_)
      if (std::to_string(open.ticket) == returned.message_id) open.returned = std::to_string(returned.code) + " " + returned.reason;
  }

  // A message that was published as mandatory and that no queue takes is returned
  // and then confirmed, since nothing is left to be done ("Consumer Acknowledgements
  // and Publisher Confirms", RabbitMQ 3.10): no queue ever had it. By a basic.nack
  // the server only says that it will not answer for the message.
  SendAnswer answer(const Open& open, bool positive) const {
    if (!open.returned.empty()) return {open.ticket, SendOutcome::fail, "", "returned: " + open.returned};
    if (!positive) return {open.ticket, SendOutcome::indeterminate, "", "basic.nack"};
    return {open.ticket, SendOutcome::ok, open.copy, ""};
  }

  std::string channel_;
  Settings settings_;
  Connection connection_;
  ServerTeller teller_;
  std::int64_t generation_ = 0;  // the connection that these were published on
  std::uint64_t published_ = 0;
  std::map<std::uint64_t, Open> open_;
  Answers answers_;
};

}  // namespace

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) { return std::make_unique<QueueProducer>(setup); }

}  // namespace assay::rabbitmq
