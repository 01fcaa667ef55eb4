#include <chrono>
#include <utility>

#include "agents/systems/answers.hpp"
#include "agents/systems/kafka/links.hpp"
#include "agents/systems/kafka/notices.hpp"
#include "agents/systems/kafka/positions.hpp"
#include "agents/systems/kafka/records.hpp"
#include "agents/systems/kafka/topics.hpp"

namespace assay::kafka {
namespace {

using std::chrono::milliseconds;

class RecordProducer : public ProducerLink, private Events {
 public:
  explicit RecordProducer(const LinkSetup& setup)
      : settings_(settings_in(nlohmann::json::parse(setup.settings))),
        address_(setup.address),
        channel_(setup.channel),
        name_(setup.incarnation),
        teller_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    if (!client_) connect();
    // Definite: librdkafka was not even given it.
    if (!established_) {
      if (const auto why = establish_topic(client_.get(), channel_, settings_.partitions, settings_, deadline))
        return answers_.not_sent(message.ticket, *why);
      established_ = true;
    }
    const auto error = produce(client_.get(), {.topic = channel_, .key = message.key, .bytes = message.bytes, .ticket = message.ticket});
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return answers_.not_sent(message.ticket, words_of(error));
    ++open_;
  }

  // What is known is known to librdkafka, which hides its sockets: a report that
  // was taken from its queue is kept here, and nobody has seen it yet.
  Waiting answer_waiting(Deadline deadline) override {
    while (client_ && answers_.empty() && open_ > 0 && !deadline.passed()) rd_kafka_poll(client_.get(), patience_ms(deadline));
    return answers_.waiting();
  }

  std::vector<SendAnswer> take_answers() override {
    if (client_) rd_kafka_poll(client_.get(), 0);
    return answers_.take();
  }

  void abandon() override {
    client_.reset();
    answers_.clear();
    open_ = 0;
  }

 private:
  void connect() { client_ = make_client(RD_KAFKA_PRODUCER, address_, producer_words(settings_, name_), *this); }

  void delivered(const rd_kafka_message_t& message) override {
    --open_;
    auto answer = answer_to(message, settings_);
    answer.ticket = ticket_of(message);
    if (answer.outcome != SendOutcome::ok) teller_.tell("produce to " + channel_, message.err);
    answers_.add(std::move(answer));
  }

  void failed(rd_kafka_resp_err_t error, const std::string& reason) override { teller_.tell("produce to " + channel_, error, reason); }

  Settings settings_;
  std::string address_, channel_, name_;
  FailureTeller teller_;
  Answers answers_;
  std::int64_t open_ = 0;  // without a report
  bool established_ = false;
  Client client_;  // ends first: it calls back
};

}  // namespace

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) { return std::make_unique<RecordProducer>(setup); }

}  // namespace assay::kafka
