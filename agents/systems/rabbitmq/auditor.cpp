#include <stdexcept>

#include <amqp.h>

#include "agents/systems/rabbitmq/connection.hpp"
#include "agents/systems/rabbitmq/links.hpp"
#include "agents/systems/rabbitmq/queues.hpp"

namespace assay::rabbitmq {
namespace {

// RabbitMQ's word in ours; one that we do not know stays as it is.
std::string reason_of(const std::string& death) {
  if (death == "maxlen") return "overflow";
  if (death == "delivery_limit") return "limit";
  return death;  // "expired", "rejected"
}

class QueueAudit : public AuditLink {
 public:
  explicit QueueAudit(const LinkSetup& setup)
      : channel_(setup.channel),
        settings_(settings_in(nlohmann::json::parse(setup.settings))),
        connection_(setup.address, {.introduction = [this](auto state) { return declare(state, channel_, settings_); }}) {}

  // A queue shows nobody what it has without handing it over.
  void scan(const std::function<void(const StoredCopy&)>&, Deadline) override {}

  // Each is handed over, and comes back to its queue as the connection ends.
  void scan_dead_letters(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    if (!settings_.dead_letters() || settings_.dead_letter_target != "queue") return;
    const auto queue = dead_letter_queue(channel_);
    connection_.drop();
    if (!connection_.connect(deadline)) give_up("look for dead letters");
    while (true) {
      if (!connection_.get(queue, deadline)) give_up("look for dead letters");
      const auto incoming = connection_.next(deadline);
      if (incoming && std::holds_alternative<NothingThere>(*incoming)) break;
      const auto* letter = incoming ? std::get_if<Pushed>(&*incoming) : nullptr;
      if (!letter) give_up("look for dead letters");
      visit({.copy = copy_name(queue, letter->bytes), .bytes = letter->bytes, .reason = reason_of(letter->dead_of)});
    }
    connection_.drop();
  }

  // What was delivered and not acknowledged is not told to clients.
  Backlog backlog(Deadline deadline) override {
    while (connection_.connect(deadline)) {
      connection_.count(channel_, deadline);
      const auto incoming = connection_.next(deadline);
      if (const auto* counted = incoming ? std::get_if<Counted>(&*incoming) : nullptr) return {.ready = counted->ready};
      connection_.drop();
    }
    give_up("count what is ready");
  }

 private:
  [[noreturn]] void give_up(const std::string& attempted) {
    throw std::runtime_error(attempted + " in the queue " + channel_ + " at RabbitMQ: " +
                             (connection_.why().empty() ? "no answer in time" : connection_.why()));
  }

  std::string channel_;
  Settings settings_;
  Connection connection_;
};

}  // namespace

std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) { return std::make_unique<QueueAudit>(setup); }

}  // namespace assay::rabbitmq
