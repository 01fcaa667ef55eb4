#include <algorithm>
#include <deque>
#include <utility>

#include "agents/systems/answers.hpp"
#include "agents/systems/postgres/links.hpp"
#include "agents/systems/postgres/notices.hpp"
#include "agents/systems/postgres/tables.hpp"

namespace assay::postgres {
namespace {

// In a queue a send is one INSERT, which commits by itself. In an outbox it is
// one transaction with what it is about.
class RowProducer : public ProducerLink {
 public:
  explicit RowProducer(const LinkSetup& setup)
      : settings_(settings_in(nlohmann::json::parse(setup.settings))),
        tables_(setup.channel, settings_),
        connection_(setup.address, introduction(Part::sender, setup, settings_)),
        teller_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    gather();
    if (!connection_.connect(deadline)) {
      // Definite: not a byte of it was written.
      answers_.not_sent(message.ticket, connection_.why());
      return;
    }
    open_.push_back({message.ticket, message.bytes});
    if (!connection_.send(statements_for(message), deadline)) gather();
  }

  Waiting answer_waiting(Deadline deadline) override {
    if (!answers_.empty()) return answers_.waiting();
    if (open_.empty() || !connection_.readable(deadline)) return Waiting::nothing;
    return connection_.has_answer() ? Waiting::answer : Waiting::lost;
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
    std::string bytes;
  };

  static std::string identity_of(const OutgoingMessage& message) {
    if (!message.dedup_id.empty()) return "id " + message.dedup_id;
    if (message.dedup_session.empty()) return {};
    return "sequence " + message.dedup_session + " " + std::to_string(message.dedup_sequence);
  }

  // Its first column is the id of the row, its second whether that was there
  // before. A row of identities that somebody else is about to commit is waited
  // for by the unique key.
  Statement insertion(const OutgoingMessage& message) const {
    const auto identity = identity_of(message);
    if (identity.empty())
      return {"INSERT INTO " + tables_.of("messages") + " (key, body) VALUES ($1::text, $2::bytea) RETURNING id::text, 'new'",
              {message.key, message.bytes}};
    return {"WITH known AS (INSERT INTO " + tables_.of("identities") + " VALUES ($3::text, nextval(pg_get_serial_sequence($4::text, 'id')))"
                " ON CONFLICT (identity) DO UPDATE SET identity = excluded.identity RETURNING message, xmax = 0 AS fresh),"
                " stored AS (INSERT INTO " + tables_.of("messages") +
                " (id, key, body) SELECT message, $1::text, $2::bytea FROM known WHERE fresh)"
                " SELECT message::text, CASE WHEN fresh THEN 'new' ELSE 'known' END FROM known",
            {message.key, message.bytes, identity, tables_.of("messages")}};
  }

  // After an error in a transaction all that follows fails, until it is rolled back.
  Statements statements_for(const OutgoingMessage& message) {
    if (settings_.mode == Mode::queue) return {insertion(message)};
    Statements statements;
    if (std::exchange(failed_, false)) statements.push_back({"ROLLBACK"});
    statements.push_back({"BEGIN"});
    statements.push_back({"INSERT INTO " + tables_.of("business") + " (fact) VALUES ($1::text)", {message.key}});
    add_work(statements);
    statements.push_back(insertion(message));
    add_work(statements);
    statements.push_back({"COMMIT"});
    return statements;
  }

  void add_work(Statements& statements) const {
    if (settings_.business_ms == 0) return;
    statements.push_back({"SELECT pg_sleep(random() * $1::text::float8 / 1000)::text", {std::to_string(settings_.business_ms)}});
  }

  // Reads what is there. Where the connection ended, the tickets behind the
  // last reply are lost.
  void gather() {
    while (const auto reply = connection_.arrived()) {
      answers_.add(answer(open_.front(), *reply));
      open_.pop_front();
    }
    if (connection_.alive()) return;
    for (const auto& open : std::exchange(open_, {}))
      answers_.connection_lost(open.ticket, connection_.why());
    connection_.drop();
  }

  // An ERROR ends the transaction, or the statement that is one, and what came
  // behind it in its exchange is skipped up to the Sync, COMMIT too (protocol 3.0,
  // "Extended Query"): nothing of it has happened. A FATAL may come behind a
  // commit that was not answered any more.
  SendAnswer answer(const Open& open, const Reply& reply) {
    if (reply.failure) {
      teller_.tell("store a message", *reply.failure);
      failed_ = true;
      const bool definite = !reply.failure->final();
      return {open.ticket, definite ? SendOutcome::fail : SendOutcome::indeterminate, "", reply.failure->line};
    }
    if (settings_.mode == Mode::outbox && reply.results.back().tag() != "COMMIT")
      return {open.ticket, SendOutcome::fail, "", "the server answered COMMIT with " + reply.results.back().tag()};
    const auto& row = *std::find_if(reply.results.begin(), reply.results.end(), [](const Result& one) { return one.columns() == 2; });
    return {open.ticket, SendOutcome::ok, copy_of(open, row), "", row.value(0, 1) == "known"};
  }

  // What was stored before had other bytes, perhaps: its copy is not named.
  std::string copy_of(const Open& open, const Result& row) const {
    return row.value(0, 1) == "new" ? tables_.copy_name(row.value(0, 0), open.bytes) : "";
  }

  Settings settings_;
  Tables tables_;
  Connection connection_;
  FailureTeller teller_;
  bool failed_ = false;
  std::deque<Open> open_;  // in the order of their exchanges, and so of their replies
  Answers answers_;
};

}  // namespace

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) { return std::make_unique<RowProducer>(setup); }

}  // namespace assay::postgres
