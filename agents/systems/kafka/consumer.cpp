#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include <poll.h>

#include "agents/recording/recorder.hpp"
#include "agents/systems/kafka/links.hpp"
#include "agents/systems/kafka/membership.hpp"
#include "agents/systems/kafka/notices.hpp"
#include "agents/systems/kafka/positions.hpp"
#include "agents/systems/kafka/question.hpp"
#include "agents/systems/kafka/topics.hpp"
#include "agents/systems/kafka/transactions.hpp"

namespace assay::kafka {
namespace {

using std::chrono::milliseconds;

// A session is what lies between two assignments of partitions. What was
// delivered in one that is over is not acknowledged any more: the offset may be
// somebody else's, and librdkafka would commit it under the new generation.
class RecordConsumer : public ConsumerLink, private Events {
 public:
  explicit RecordConsumer(const LinkSetup& setup)
      : settings_(settings_in(nlohmann::json::parse(setup.settings))),
        setup_(setup),
        teller_(setup.notice),
        prefetch_(static_cast<std::size_t>(setup.prefetch)) {}

  ~RecordConsumer() override {
    if (client_ && settings_.leaves()) rd_kafka_consumer_close(client_.get());
  }

  SessionOpened open(Deadline deadline) override {
    if (!connect(deadline)) throw std::runtime_error("consume from Kafka at " + setup_.address + ": " + why_);
    return {session_name()};
  }

  Received receive(Deadline deadline) override {
    Received received;
    while (!received.delivery && !shut_out()) {
      if (!joined_ && !join(deadline)) break;
      if (waiting_.empty()) poll(deadline);
      if (!waiting_.empty()) hand_out(received);
      if (deadline.passed()) break;
      if (!waiting_.empty() && !received.delivery) break;  // enough is held
    }
    if (received.delivery) return received;
    if (client_ && joined_ && !shut_out()) received.unanswered = question_.ask(client_.get(), group_of(setup_));
    ::poll(nullptr, 0, deadline.left_ms());
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override { return ack_together({delivery}, deadline).front(); }

  bool acks_together() const override { return true; }

  // One commit, of the offset behind the last of each partition.
  std::vector<AckOutcome> ack_together(const std::vector<Delivery>& deliveries, Deadline deadline) override {
    std::vector<AckOutcome> outcomes(deliveries.size(), AckOutcome::indeterminate);
    const auto last = last_of(deliveries);
    if (!last.empty()) {
      const auto outcome = commit(last, deadline);
      for (std::size_t i = 0; i < deliveries.size(); ++i)
        if (deliveries[i].session == session_name()) outcomes[i] = outcome;
      if (outcome == AckOutcome::confirmed) forget_up_to(uncommitted_, last);
    }
    forget_up_to(held_, last);
    return outcomes;
  }

  // A later member of this name takes the place of the dead one when it joins;
  // any other has to wait for the session to end.
  void take_over(const std::string&, Deadline) override {}

  TransactionAnswer fence(Deadline deadline) override {
    auto answer = forwarder().fence(deadline);
    if (answer.outcome == TransactionOutcome::ok) rewind();
    return answer;
  }
  TransactionAnswer begin(Deadline) override { return forwarder().begin(); }
  SendAnswer send_on(const SinkRow& effect, Deadline deadline) override { return forwarder().send(effect, deadline); }

  TransactionAnswer add_offsets(const std::vector<Delivery>& deliveries, Deadline deadline) override {
    in_transaction_ = last_of(deliveries);
    if (in_transaction_.empty()) return {.outcome = TransactionOutcome::fail, .error = "the partition was taken away", .fenced = false};
    return forwarder().add_offsets(behind(in_transaction_), client_.get(), deadline);
  }

  TransactionAnswer commit(Deadline deadline) override {
    auto answer = forwarder().commit(deadline);
    if (answer.outcome == TransactionOutcome::ok) {
      forget_up_to(uncommitted_, in_transaction_);
      forget_up_to(held_, in_transaction_);
    }
    in_transaction_.clear();
    return answer;
  }

  TransactionAnswer abort(Deadline deadline) override {
    auto answer = forwarder().abort(deadline);
    in_transaction_.clear();
    rewind();
    return answer;
  }

 private:
  using Offsets = std::map<std::int32_t, std::int64_t>;  // one a partition
  using Records = std::set<Position>;

  std::string session_name() const { return setup_.incarnation + "/" + std::to_string(session_); }

  Forwarder& forwarder() {
    if (!forwarder_) forwarder_.emplace(setup_, settings_);
    return *forwarder_;
  }

  bool connect(Deadline deadline) {
    if (!client_) {
      client_ = make_client(RD_KAFKA_CONSUMER, setup_.address, consumer_words(settings_, setup_), *this);
      rd_kafka_poll_set_consumer(client_.get());
    }
    const auto why = established_ ? std::nullopt : establish_topic(client_.get(), setup_.channel, settings_.partitions, settings_, deadline);
    established_ = !why;
    why_ = why.value_or("");
    return established_;
  }

  bool join(Deadline deadline) {
    if (!connect(deadline)) return false;
    Positions wanted;
    const bool assigned = settings_.membership == Membership::assigned;
    if (assigned)
      for (const auto partition : own_partitions(settings_, setup_.incarnation))
        wanted.add(setup_.channel, {.partition = partition, .offset = RD_KAFKA_OFFSET_STORED});
    else
      wanted.add(setup_.channel, {.partition = RD_KAFKA_PARTITION_UA, .offset = RD_KAFKA_OFFSET_INVALID});
    if (assigned) begin_session();
    const auto error = assigned ? rd_kafka_assign(client_.get(), wanted.list()) : rd_kafka_subscribe(client_.get(), wanted.list());
    joined_ = error == RD_KAFKA_RESP_ERR_NO_ERROR;
    return joined_;
  }

  // Within consumer_poll.
  void rebalanced(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions) override {
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      rd_kafka_assign(client_.get(), partitions);
      begin_session();
      return;
    }
    rd_kafka_assign(client_.get(), nullptr);
    end_session();
  }

  void begin_session() {
    if (had_partitions_) {
      ++session_;
      reopened_ = true;
    }
    had_partitions_ = true;
    has_partitions_ = true;
  }

  void end_session() {
    has_partitions_ = false;
    waiting_.clear();
    held_.clear();
    uncommitted_.clear();
  }

  void failed(rd_kafka_resp_err_t error, const std::string& reason) override { teller_.tell("consume from " + setup_.channel, error, reason); }

  // A later member of this name has taken its place, and librdkafka lets this one
  // do nothing more.
  bool shut_out() {
    char reason[256];
    return client_ && rd_kafka_fatal_error(client_.get(), reason, sizeof reason) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  // Where librdkafka commits by itself what it has handed out, an application
  // takes a batch, as long as there is one.
  void poll(Deadline deadline) {
    Message message(rd_kafka_consumer_poll(client_.get(), deadline.left_ms()));
    while (message) {
      keep(std::move(message));
      if (!settings_.auto_commit || waiting_.size() >= prefetch_) return;
      message.reset(rd_kafka_consumer_poll(client_.get(), 0));
    }
  }

  void keep(Message message) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      teller_.tell("consume from " + setup_.channel, message->err);
    else if (has_partitions_)
      waiting_.push_back(std::move(message));
  }

  // No flag and no count: the log keeps neither.
  void hand_out(Received& received) {
    if (std::exchange(reopened_, false)) received.opened = SessionOpened{session_name()};
    if (!settings_.auto_commit && held_.size() >= prefetch_) return;
    const Message message = std::move(waiting_.front());
    waiting_.pop_front();
    const Position position{.partition = message->partition, .offset = message->offset};
    if (!settings_.auto_commit) {
      held_.insert(position);
      uncommitted_.insert(position);
    }
    received.delivery = Delivery{.bytes = std::string(static_cast<const char*>(message->payload), message->len),
                                 .copy = copy_name(setup_.channel, position),
                                 .session = session_name(),
                                 .tag = to_string(position),
                                 .asked = 0,
                                 .redelivered = std::nullopt,
                                 .count = std::nullopt};
  }

  // Of those that are of this session.
  Offsets last_of(const std::vector<Delivery>& deliveries) const {
    Offsets last;
    if (!has_partitions_) return last;
    for (const auto& delivery : deliveries) {
      if (delivery.session != session_name()) continue;
      const auto position = position_in(delivery.tag);
      const auto [place, fresh] = last.try_emplace(position.partition, position.offset);
      if (!fresh) place->second = std::max(place->second, position.offset);
    }
    return last;
  }

  // What is committed is the offset of the next record.
  Positions behind(const Offsets& last) const {
    Positions positions;
    for (const auto& [partition, offset] : last) positions.add(setup_.channel, {.partition = partition, .offset = offset + 1});
    return positions;
  }

  static void forget_up_to(Records& records, const Offsets& last) {
    std::erase_if(records, [&](const Position& record) {
      const auto found = last.find(record.partition);
      return found != last.end() && record.offset <= found->second;
    });
  }

  // An answer that comes later goes to a queue that nobody reads any more.
  AckOutcome commit(const Offsets& last, Deadline deadline) {
    const Queue queue(rd_kafka_queue_new(client_.get()));
    const auto positions = behind(last);
    auto error = rd_kafka_commit_queue(client_.get(), positions.list(), queue.get(), nullptr, nullptr);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const Event event(rd_kafka_queue_poll(queue.get(), patience_ms(deadline)));
      if (!event) return AckOutcome::indeterminate;
      error = rd_kafka_event_error(event.get());
      const auto* list = rd_kafka_event_topic_partition_list(event.get());
      for (int i = 0; list && error == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; ++i) error = list->elems[i].err;
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return AckOutcome::confirmed;
    teller_.tell("commit an offset of " + setup_.channel, error);
    char reason[256];
    if (error == RD_KAFKA_RESP_ERR__FATAL) error = rd_kafka_fatal_error(client_.get(), reason, sizeof reason);
    return is_not_yours(error) ? AckOutcome::refused : AckOutcome::indeterminate;
  }

  // Goes back to the first record of each partition that is not committed, in a
  // new session. Where that cannot be done, it joins anew.
  void rewind() {
    if (!client_ || !has_partitions_) return;
    for (const auto& message : waiting_) uncommitted_.insert({.partition = message->partition, .offset = message->offset});
    Offsets first;
    for (const auto& record : uncommitted_) first.try_emplace(record.partition, record.offset);
    if (first.empty()) return;
    Positions back;
    for (const auto& [partition, offset] : first) back.add(setup_.channel, {.partition = partition, .offset = offset});
    end_session();
    rd_kafka_error_t* error = rd_kafka_seek_partitions(client_.get(), back.list(), seek_limit_ms);
    const bool moved = !error && back.error() == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (error) rd_kafka_error_destroy(error);
    if (moved) return begin_session();
    question_ = {};
    client_.reset();
    joined_ = false;
  }

  static constexpr int seek_limit_ms = 2000;

  Settings settings_;
  LinkSetup setup_;
  FailureTeller teller_;
  std::size_t prefetch_;
  std::string why_;
  bool established_ = false, joined_ = false;
  bool had_partitions_ = false, has_partitions_ = false, reopened_ = false;
  std::int64_t session_ = 1;
  std::deque<Message> waiting_;  // not handed out yet
  Records held_;                 // handed out and not acknowledged
  Records uncommitted_;          // handed out, and no commit of it is confirmed
  Offsets in_transaction_;
  std::optional<Forwarder> forwarder_;
  Client client_;
  Question question_;  // ends first: its queue is the client's
};

}  // namespace

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) { return std::make_unique<RecordConsumer>(setup); }

}  // namespace assay::kafka
