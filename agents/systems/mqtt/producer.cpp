#include <map>
#include <utility>

#include "agents/systems/answers.hpp"
#include "agents/systems/mqtt/connection.hpp"
#include "agents/systems/mqtt/copies.hpp"
#include "agents/systems/mqtt/links.hpp"
#include "agents/systems/mqtt/settings.hpp"
#include "agents/systems/teller.hpp"

namespace assay::mqtt {
namespace {

// Packets by their first byte. At QoS 2 the server hands a message on when it has
// the PUBREL, so PUBREC answers nothing yet.
constexpr unsigned char puback = 0x40, pubcomp = 0x70;

// A connection and what the library knows of it end together: what was not
// answered is for the role to send again, as a new message.
class TopicProducer : public ProducerLink {
 public:
  explicit TopicProducer(const LinkSetup& setup)
      : settings_(settings_in(nlohmann::json::parse(setup.settings))),
        connection_(setup.address,
                    {.client = setup.channel + "/" + setup.incarnation, .in_flight = static_cast<unsigned>(settings_.client_max_inflight)},
                    arrivals()),
        channel_(setup.channel),
        teller_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    gather();
    if (!connection_.connect(deadline)) {
      if (connection_.denied()) teller_.tell("error", "connect to MQTT: " + connection_.why());
      // Definite: the library was not given a byte of it.
      answers_.not_sent(message.ticket, connection_.why());
      return;
    }
    int packet = 0;
    const int result = mosquitto_publish(connection_.handle(), &packet, channel_.c_str(), static_cast<int>(message.bytes.size()),
                                         message.bytes.data(), settings_.qos, false);
    open_.emplace(packet, Open{message.ticket, name_by_content(channel_, message.bytes)});
    // Definite errors are there, too, but it also fails when the message has left.
    if (result != MOSQ_ERR_SUCCESS) connection_.lose(mosquitto_strerror(result));
    settle();
  }

  Waiting answer_waiting(Deadline deadline) override {
    while (answers_.empty()) {
      if (open_.empty()) return Waiting::nothing;
      const bool ready = connection_.readable(deadline);
      if (ready && answer_is_next()) return Waiting::answer;
      if (ready) connection_.step(deadline);
      settle();
      if (answers_.empty() && deadline.passed()) return Waiting::nothing;
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
    std::int64_t ticket;
    std::string copy;
  };

  Arrivals arrivals() {
    Arrivals all;
    all.published = [this](int packet) { published_.push_back(packet); };
    return all;
  }

  bool answer_is_next() const {
    const auto packet = connection_.next_packet();
    return packet && *packet == (settings_.qos == 2 ? pubcomp : puback);
  }

  // Takes what is there.
  void gather() {
    const auto now = Deadline::in(std::chrono::milliseconds(0));
    while (connection_.alive() && connection_.readable(now)) connection_.step(now);
    settle();
  }

  void settle() {
    for (const int packet : std::exchange(published_, {}))
      if (const auto found = open_.extract(packet))
        answers_.add({found.mapped().ticket, settings_.qos == 0 ? SendOutcome::unconfirmed : SendOutcome::ok, found.mapped().copy, ""});
    if (connection_.alive()) return;
    for (const auto& [packet, open] : std::exchange(open_, {}))
      answers_.connection_lost(open.ticket, connection_.why());
  }

  Settings settings_;
  Connection connection_;
  std::string channel_;
  Teller teller_;
  std::map<int, Open> open_;  // by packet id
  std::vector<int> published_;
  Answers answers_;
};

}  // namespace

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) { return std::make_unique<TopicProducer>(setup); }

}  // namespace assay::mqtt
