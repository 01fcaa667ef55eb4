// What a consumer sends on: within transactions, or each record by itself.
#pragma once

#include <optional>
#include <string>

#include "agents/roles/system.hpp"
#include "agents/systems/kafka/client.hpp"
#include "agents/systems/kafka/notices.hpp"
#include "agents/systems/kafka/positions.hpp"
#include "agents/systems/kafka/settings.hpp"

namespace assay::kafka {

class Forwarder : private Events {
 public:
  Forwarder(const LinkSetup& setup, const Settings& settings);

  // Begins anew with this transactional id: the broker settles what it has open
  // under it, and refuses who had it before.
  TransactionAnswer fence(Deadline deadline);

  TransactionAnswer begin();
  SendAnswer send(const SinkRow& effect, Deadline deadline);
  TransactionAnswer add_offsets(const Positions& offsets, rd_kafka_t* consumer, Deadline deadline);
  TransactionAnswer commit(Deadline deadline);
  TransactionAnswer abort(Deadline deadline);

 private:
  void delivered(const rd_kafka_message_t& report) override;
  void failed(rd_kafka_resp_err_t error, const std::string& reason) override;
  TransactionAnswer answer(rd_kafka_error_t* error);
  std::optional<std::string> prepare_single(Deadline deadline);

  Settings settings_;
  std::string address_, topic_, name_, transactional_id_;
  FailureTeller teller_;
  bool in_transaction_ = false;
  bool fenced_ = false;                // for good
  std::optional<SendAnswer> reported_;  // of the record that was sent last
  std::int64_t sent_ = 0;
  Client client_;  // with transactions
  Client single_;  // without
};

}  // namespace assay::kafka
