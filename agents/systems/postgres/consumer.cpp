#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

#include "agents/recording/recorder.hpp"
#include "agents/systems/postgres/links.hpp"
#include "agents/systems/postgres/notices.hpp"
#include "agents/systems/postgres/takings.hpp"

namespace assay::postgres {
namespace {

using std::chrono::milliseconds;

// A lease is an open transaction: what it has locked nobody else is given, and
// it ends with its connection. So a commit ends the leases of all rows that the
// transaction holds. Those that were not handed out yet are forgotten then, and
// taken again by the next one.
class RowConsumer : public ConsumerLink {
 public:
  explicit RowConsumer(const LinkSetup& setup)
      : settings_(settings_in(nlohmann::json::parse(setup.settings))),
        tables_(setup.channel, settings_),
        takings_(takings(tables_, settings_, setup.group)),
        connection_(setup.address, introduced(setup)),
        channel_(setup.channel),
        name_(setup.incarnation),
        prefetch_(static_cast<std::size_t>(setup.prefetch)),
        teller_(setup.notice) {}

  SessionOpened open(Deadline deadline) override {
    if (!connection_.connect(deadline))
      throw std::runtime_error("take from " + channel_ + ": no connection to PostgreSQL: " + connection_.why());
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
      if (waiting_.empty()) poll(deadline);
      if (!waiting_.empty()) {
        received.delivery = hand_out();
        return received;
      }
    } while (connection_.alive() && !deadline.passed());
    if (polling()) received.unanswered = poll_->asked;
    received.answered_empty = answered_empty_;
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override { return ack_together({delivery}, deadline).front(); }

  bool acks_together() const override { return true; }

  // The rows are settled first, and only when that is answered is it committed: a
  // session that was ended meanwhile says so then, and nothing has been
  // acknowledged for certain.
  std::vector<AckOutcome> ack_together(const std::vector<Delivery>& deliveries, Deadline deadline) override {
    std::vector<AckOutcome> outcomes(deliveries.size(), AckOutcome::indeterminate);
    if (!finish_poll(deadline)) return outcomes;
    std::vector<Row> settled;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < deliveries.size(); ++i)
      if (const auto* row = held(deliveries[i])) {
        settled.push_back(*row);
        places.push_back(i);
      }
    if (settled.empty()) return outcomes;
    const auto outcome = commit_rows(settled, deadline);
    for (const auto place : places) outcomes[place] = outcome;
    forget_rows();
    return outcomes;
  }

  bool put(const SinkRow& effect, const Delivery& delivery, Deadline deadline) override {
    if (!finish_poll(deadline) || !held(delivery)) return false;
    const auto reply = connection_.call(
        {{"INSERT INTO " + tables_.of("effects") + " (message, attempt, key, digest, writer)"
              " VALUES ($1::text, $2::text::bigint, $3::text, $4::text, $5::text)",
          {effect.message, std::to_string(effect.attempt), effect.key, effect.digest, effect.writer}}},
        deadline);
    if (reply && !reply->failure) return true;
    if (reply) teller_.tell("put an effect", *reply->failure);
    forget_rows();
    return false;
  }

  // The sessions of that incarnation are ended, and their transactions with them.
  void take_over(const std::string& incarnation, Deadline deadline) override {
    Connection other(address_, {.name = "", .options = session_options(settings_), .statements = {}});
    other.insist({{"SELECT pg_terminate_backend(pid, 5000)::text FROM pg_stat_activity"
                       " WHERE application_name = $1::text AND datname = current_database()",
                   {session_name(Part::taker, incarnation, channel_)}}},
                 deadline);
  }

 private:
  // Longer than a stall of a busy machine, shorter than a drain waits.
  static constexpr milliseconds answer_patience{4000};
  // An empty table is answered at once. Asking on and on would burn a core.
  static constexpr milliseconds between_polls{1};

  struct Poll {
    std::int64_t asked;
    Deadline patience;
  };

  Connection::Introduction introduced(const LinkSetup& setup) {
    address_ = setup.address;
    auto words = introduction(Part::taker, setup, settings_);
    for (auto& statement : takings_->establish()) words.statements.push_back(std::move(statement));
    return words;
  }

  std::string session_of(std::int64_t generation) const { return name_ + "/" + std::to_string(generation); }

  void begin_session() {
    session_ = connection_.generation();
    poll_.reset();
    transaction_open_ = false;
    forget_rows();
  }

  // The transaction ends, or has ended: by COMMIT, or by the ROLLBACK before the
  // next one.
  void forget_rows() {
    waiting_.clear();
    handed_out_.clear();
  }

  bool polling() const { return poll_ && session_ == connection_.generation() && connection_.alive(); }

  // An answer that takes longer than the caller's deadline is left for the next
  // call, as it may bring rows.
  void poll(Deadline deadline) {
    if (!poll_) {
      if (handed_out_.size() >= prefetch_) {
        connection_.readable(Deadline::earlier(deadline, Deadline::in(between_polls)));  // a hang-up ends the wait
        return;
      }
      poll_ = Poll{monotonic_ns(), Deadline::in(answer_patience)};
      connection_.send(statements_of_poll(), deadline);
    }
    auto reply = connection_.reply(Deadline::earlier(deadline, poll_->patience));
    if (!reply) {
      if (poll_->patience.passed()) connection_.drop();
      return;
    }
    const auto asked = std::exchange(poll_, std::nullopt)->asked;
    if (reply->failure) return give_up(*reply->failure);
    take(reply->results.back(), asked);
    if (!waiting_.empty()) return;
    answered_empty_ = asked;
    connection_.readable(Deadline::earlier(deadline, Deadline::in(between_polls)));
  }

  // A transaction that holds nothing is begun anew, as an isolated one sees
  // nothing new.
  Statements statements_of_poll() {
    Statements statements;
    if (handed_out_.empty()) {
      if (transaction_open_) statements.push_back({"ROLLBACK"});
      statements.push_back({"BEGIN"});
    }
    statements.push_back(takings_->take(prefetch_ - handed_out_.size(), handed_out_));
    transaction_open_ = true;
    return statements;
  }

  void give_up(const Failure& failure) {
    teller_.tell("take from " + channel_, failure);
    if (failure.final()) return connection_.drop();
    forget_rows();
  }

  void take(const Result& rows, std::int64_t asked) {
    asked_ = asked;
    for (int i = 0; i < rows.rows(); ++i) waiting_.push_back({rows.value(i, 0), rows.value(i, 1), rows.value(i, 2)});
  }

  // No flag and no count: the table keeps neither.
  Delivery hand_out() {
    auto row = std::move(waiting_.front());
    waiting_.pop_front();
    Delivery delivery{.bytes = std::move(row.bytes),
                      .copy = {},
                      .session = session_of(session_),
                      .tag = row.id,
                      .asked = asked_,
                      .redelivered = std::nullopt,
                      .count = std::nullopt};
    delivery.copy = tables_.copy_name(row.id, delivery.bytes);
    row.bytes.clear();
    handed_out_.push_back(std::move(row));
    return delivery;
  }

  // Null: the transaction that held it is gone.
  const Row* held(const Delivery& delivery) const {
    if (delivery.session != session_of(session_)) return nullptr;
    const auto row = std::find_if(handed_out_.begin(), handed_out_.end(), [&](const Row& one) { return one.id == delivery.tag; });
    return row == handed_out_.end() ? nullptr : &*row;
  }

  // True when no poll is open any more. What it brings is kept.
  bool finish_poll(Deadline deadline) {
    if (!poll_) return true;
    if (!polling()) return false;
    poll(deadline);
    if (poll_) connection_.drop();
    return !poll_ && connection_.alive();
  }

  // That there is no such row any more says that it is somebody else's; with the
  // lock in hand that cannot be.
  AckOutcome commit_rows(const std::vector<Row>& rows, Deadline deadline) {
    const auto settled = connection_.call({takings_->settle(rows)}, deadline);
    if (!settled) return AckOutcome::indeterminate;
    if (settled->failure) return refused(*settled->failure);
    const auto committed = connection_.call({{"COMMIT"}}, deadline);
    if (!committed) return AckOutcome::indeterminate;
    if (committed->failure && committed->failure->final()) return AckOutcome::indeterminate;
    if (committed->failure) return refused(*committed->failure);
    transaction_open_ = false;
    const bool done = committed->results.back().tag() == "COMMIT";
    return done ? AckOutcome::confirmed : AckOutcome::refused;
  }

  // An error, or the end of the session, before COMMIT was done.
  AckOutcome refused(const Failure& failure) {
    teller_.tell("acknowledge", failure);
    return failure.final() && !session_ended(failure.state) ? AckOutcome::indeterminate : AckOutcome::refused;
  }

  Settings settings_;
  Tables tables_;
  std::unique_ptr<Takings> takings_;
  std::string address_;
  Connection connection_;
  std::string channel_, name_;
  std::size_t prefetch_;
  FailureTeller teller_;
  std::int64_t session_ = 0;  // the generation of the connection it began with
  bool transaction_open_ = false;
  std::deque<Row> waiting_;      // in the transaction, and not handed out yet
  std::vector<Row> handed_out_;  // in the transaction, without their bytes
  std::int64_t asked_ = 0;       // when the poll began that brought what is waiting
  std::optional<std::int64_t> answered_empty_;
  std::optional<Poll> poll_;  // sent, and not answered yet
};

}  // namespace

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) { return std::make_unique<RowConsumer>(setup); }

}  // namespace assay::postgres
