#include "agents/systems/kafka/transactions.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "agents/systems/kafka/membership.hpp"
#include "agents/systems/kafka/records.hpp"
#include "agents/systems/kafka/topics.hpp"

namespace assay::kafka {
namespace {

struct DestroyHeaders {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, DestroyHeaders>;

Headers headers_of(const SinkRow& effect) {
  Headers headers(rd_kafka_headers_new(7));
  const auto add = [&](const char* name, const std::string& value) {
    rd_kafka_header_add(headers.get(), name, -1, value.data(), static_cast<ssize_t>(value.size()));
  };
  add("message", effect.message);
  add("attempt", std::to_string(effect.attempt));
  add("key", effect.key);
  add("digest", effect.digest);
  add("writer", effect.writer);
  add("part", std::to_string(effect.part));
  add("transaction", effect.transaction);
  return headers;
}

TransactionAnswer refusal(const std::string& why) { return {.outcome = TransactionOutcome::fail, .error = why, .fenced = false}; }

}  // namespace

Forwarder::Forwarder(const LinkSetup& setup, const Settings& settings)
    : settings_(settings),
      address_(setup.address),
      topic_(output_of(setup.channel)),
      name_(setup.incarnation),
      transactional_id_(setup.channel + "/" + (settings.fenced ? process_of(setup.incarnation) : setup.incarnation)),
      teller_(setup.notice) {}

TransactionAnswer Forwarder::fence(Deadline deadline) {
  if (fenced_) return {.outcome = TransactionOutcome::fail, .error = "shut out by a later incarnation", .fenced = true};
  in_transaction_ = false;
  auto words = producer_words(settings_, name_);
  words["enable.idempotence"] = "true";
  words["acks"] = "all";
  words.erase("message.send.max.retries");
  words["transactional.id"] = transactional_id_;
  words["transaction.timeout.ms"] = std::to_string(settings_.transaction_timeout_ms);
  words["message.timeout.ms"] = std::to_string(settings_.transaction_timeout_ms);
  client_.reset();
  client_ = make_client(RD_KAFKA_PRODUCER, address_, words, *this);
  if (const auto why = establish_topic(client_.get(), topic_, most_parts, settings_, deadline))
    return {.outcome = TransactionOutcome::indeterminate, .error = *why, .fenced = false};
  return answer(rd_kafka_init_transactions(client_.get(), patience_ms(deadline)));
}

TransactionAnswer Forwarder::begin() {
  if (!client_) throw std::logic_error("begin a transaction: fence() comes first");
  auto begun = answer(rd_kafka_begin_transaction(client_.get()));
  in_transaction_ = begun.outcome == TransactionOutcome::ok;
  return begun;
}

// The report of its delivery is waited for: then the broker has it, committed or not.
SendAnswer Forwarder::send(const SinkRow& effect, Deadline deadline) {
  SendAnswer outcome;
  if (!in_transaction_)
    if (const auto why = prepare_single(deadline)) {
      outcome.error = *why;
      outcome.outcome = SendOutcome::fail;
      return outcome;
    }
  rd_kafka_t* client = in_transaction_ ? client_.get() : single_.get();
  auto headers = headers_of(effect);
  reported_.reset();
  ++sent_;
  const auto error = produce(client, {.topic = topic_,
                                      .partition = static_cast<std::int32_t>(std::max<std::int64_t>(effect.part - 1, 0)),
                                      .key = effect.key,
                                      .bytes = effect.digest,
                                      .headers = headers.get(),
                                      .ticket = sent_});
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    headers.release();  // the record's now
    while (!reported_ && !deadline.passed()) rd_kafka_poll(client, patience_ms(deadline));
    outcome = reported_.value_or(SendAnswer{.error = "no answer in time"});
  } else {
    outcome.outcome = SendOutcome::fail;
    outcome.error = words_of(error);
  }
  if (in_transaction_) {
    char reason[256];
    fenced_ = fenced_ || is_fenced(rd_kafka_fatal_error(client, reason, sizeof reason));
    outcome.fenced = fenced_ && outcome.outcome != SendOutcome::ok;
  } else if (!reported_) {
    single_.reset();  // it must not leave later
  }
  return outcome;
}

std::optional<std::string> Forwarder::prepare_single(Deadline deadline) {
  if (single_) return std::nullopt;
  single_ = make_client(RD_KAFKA_PRODUCER, address_, producer_words(settings_, name_), *this);
  auto why = establish_topic(single_.get(), topic_, most_parts, settings_, deadline);
  if (why) single_.reset();
  return why;
}

TransactionAnswer Forwarder::add_offsets(const Positions& offsets, rd_kafka_t* consumer, Deadline deadline) {
  struct DestroyMembership {
    void operator()(rd_kafka_consumer_group_metadata_t* membership) const { rd_kafka_consumer_group_metadata_destroy(membership); }
  };
  const std::unique_ptr<rd_kafka_consumer_group_metadata_t, DestroyMembership> membership(rd_kafka_consumer_group_metadata(consumer));
  if (!membership) return refusal("no membership of a group");
  return answer(rd_kafka_send_offsets_to_transaction(client_.get(), offsets.list(), membership.get(), patience_ms(deadline)));
}

TransactionAnswer Forwarder::commit(Deadline deadline) {
  in_transaction_ = false;
  return answer(rd_kafka_commit_transaction(client_.get(), patience_ms(deadline)));
}

TransactionAnswer Forwarder::abort(Deadline deadline) {
  in_transaction_ = false;
  return answer(rd_kafka_abort_transaction(client_.get(), patience_ms(deadline)));
}

void Forwarder::delivered(const rd_kafka_message_t& report) {
  if (ticket_of(report) == sent_) reported_ = answer_to(report, settings_);
}

void Forwarder::failed(rd_kafka_resp_err_t error, const std::string& reason) { teller_.tell("send on to " + topic_, error, reason); }

// An error after which the transaction can only be aborted came before it was
// ended, and so did that of one who is shut out. Everything else may pass, and
// what it was about may have happened.
TransactionAnswer Forwarder::answer(rd_kafka_error_t* raw) {
  if (!raw) return {.outcome = TransactionOutcome::ok, .error = {}, .fenced = false};
  struct DestroyError {
    void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  };
  const std::unique_ptr<rd_kafka_error_t, DestroyError> error(raw);
  const auto code = rd_kafka_error_code(error.get());
  const auto line = std::string(rd_kafka_error_name(error.get())) + ": " + rd_kafka_error_string(error.get());
  teller_.tell("a transaction of " + transactional_id_, code);
  char reason[256];
  fenced_ = fenced_ || is_fenced(code) || is_fenced(rd_kafka_fatal_error(client_.get(), reason, sizeof reason));
  const bool definite = fenced_ || rd_kafka_error_txn_requires_abort(error.get());
  return {.outcome = definite ? TransactionOutcome::fail : TransactionOutcome::indeterminate, .error = line, .fenced = fenced_};
}

}  // namespace assay::kafka
