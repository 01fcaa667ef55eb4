// What every consumer does that sends on what comes of a message, in two parts:
// the steps between polling and committing, on record, with what follows when
// one of them fails. A strategy is a file of its own with the steps of one message.
//
// A step that is not answered is never tried again within its transaction: that
// is aborted, and what it took comes again. Whether a commit went through that is
// not answered nobody here knows: the system is asked to settle it (fence). An
// incarnation that is told that it is shut out stops working and waits for bye.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agents/roles/trial-consumer.hpp"

namespace assay {

class TrialProcessor {
 public:
  explicit TrialProcessor(const RoleContext& context);

  // Shuts out earlier incarnations; before run. Throws when the system does not
  // let it.
  void fence();

  // Hands over one delivery after the other until bye, or until it is shut out.
  // A marker counts as seen when `process` says that it got to its end.
  void run(const std::function<bool(const Taken&)>& process);

  void pass(Window window, const Taken& taken) { consumer_.pass(window, taken); }

  // Each is one step; false: it was not taken, and nothing is left to do for
  // this delivery.
  bool begin();
  bool send_on(const Taken& taken, std::int64_t part);
  bool add_offset(const Taken& taken);
  bool commit();

  // Both parts with their windows.
  bool send_both(const Taken& taken);

  // Outside transactions: sends a part until it is answered. False: bye.
  bool keep_sending_on(const Taken& taken, std::int64_t part);

  // By itself, outside what else is done.
  AckOutcome commit_offset(const Taken& taken) { return consumer_.acknowledge(taken, "commit"); }

  void abort();

 private:
  void settle();
  void shut_out(const std::string& error);
  TransactionAnswer ask_for_fence();
  void record(Phase phase, const std::string& error = {});
  void record_acks(const std::vector<Taken>& taken, AckOutcome outcome);
  Deadline request() const;

  const RoleContext& context_;
  TrialConsumer consumer_;
  std::string name_;         // "consumer-0#2"
  std::string transaction_;  // "consumer-0#2/17"; empty: none is open
  std::int64_t begun_ = 0;
  std::vector<Taken> in_transaction_;  // whose offsets are in it
};

}  // namespace assay
