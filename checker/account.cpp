#include "checker/account.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

namespace assay {

SendState Account::state() const {
  if (attempts.empty()) return SendState::never;
  bool open = false;
  for (const auto& attempt : attempts) {
    // Unconfirmed: the system never answers, so the client was told no less.
    if (attempt.outcome == Phase::ok || attempt.outcome == Phase::unconfirmed) return SendState::acked;
    if (attempt.outcome != Phase::fail) open = true;
  }
  return open ? SendState::maybe : SendState::failed;
}

std::optional<std::int64_t> Account::first_invoked() const {
  std::optional<std::int64_t> first;
  for (const auto& attempt : attempts)
    if (!first || attempt.invoked < *first) first = attempt.invoked;
  return first;
}

std::pair<std::string, std::int64_t> split_incarnation(const std::string& name) {
  const auto hash = name.rfind('#');
  if (hash == std::string::npos) return {name, 0};
  std::int64_t number = 0;
  std::from_chars(name.data() + hash + 1, name.data() + name.size(), number);
  return {name.substr(0, hash), number};
}

namespace {

class Gathering {
 public:
  Gathering(const Trial& trial, RecordedBy who) : trial_(trial), who_(who) {}

  Facts run() {
    // The plan first: what is planned must not depend on who recorded earlier.
    const auto order = in_time_order(trial_);
    for (const auto ref : order)
      if (at(ref).type == Type::plan_message) plan(ref);
    for (const auto ref : order) take(ref);
    return std::move(facts_);
  }

 private:
  const Event& at(EventRef ref) const { return event_at(trial_, ref); }

  Account& account(const std::string& message) {
    auto& account = facts_.accounts[message];
    account.message = message;
    return account;
  }

  void plan(EventRef ref) {
    const auto& event = at(ref);
    auto& planned = account(event.message);
    planned.planned = true;
    planned.plan = ref;
    planned.key = event.key;
    planned.digest = event.digest;
    planned.canary = event.flags == "canary";
    planned.marker = !event.flags.empty();
  }

  void take(EventRef ref) {
    const auto& event = at(ref);
    switch (event.type) {
      case Type::send: return send(ref, event);
      case Type::session: return session(event);
      case Type::deliver: return deliver(ref, event);
      case Type::ack: return ack(ref, event);
      case Type::effect: return effect(ref, event);
      case Type::transaction: return transaction(ref, event);
      case Type::fence:
        if (event.phase == Phase::ok) facts_.fences.push_back({event.name, event.epoch.value_or(0), ref});
        return;
      case Type::sink_row:
        if (event.message.empty()) facts_.alien_rows.push_back(ref);
        else account(event.message).rows.push_back(ref);
        return;
      case Type::stored_row:
        if (event.message.empty()) facts_.alien_copies.push_back(ref);
        else if (event.kind == "dead-letter") account(event.message).dead_letters.push_back(ref);
        else account(event.message).copies.push_back(ref);
        return;
      case Type::backlog: facts_.course.backlogs.push_back(ref); return;
      case Type::fault: return fault(ref, event);
      case Type::process: return process(ref, event);
      case Type::drain:
        if (event.phase == Phase::end) facts_.course.drain_end = ref;
        return;
      default: return;
    }
  }

  void send(EventRef ref, const Event& event) {
    auto& attempts = account(event.message).attempts;
    const auto number = event.attempt.value_or(0);
    if (event.phase == Phase::invoke) {
      attempts.push_back({.number = number, .incarnation = event.incarnation, .invoke = ref, .invoked = event.time});
      return;
    }
    for (auto& attempt : attempts) {
      const bool same = attempt.number == number && attempt.incarnation == event.incarnation &&
                        at(attempt.invoke).process == event.process && !attempt.completion;
      if (!same) continue;
      attempt.completion = ref;
      attempt.outcome = event.phase;
      return;
    }
    if (who_ == RecordedBy::us) return;
    attempts.push_back({.number = number, .incarnation = event.incarnation, .invoke = ref,
                        .invoked = std::numeric_limits<std::int64_t>::min(), .completion = ref, .outcome = event.phase});
  }

  void session(const Event& event) {
    if (event.phase == Phase::open) facts_.course.sessions.emplace(event.session, event.time);
  }

  const std::string& tag_of(const Event& event) const {
    return who_ == RecordedBy::others && event.tag.empty() ? event.message : event.tag;
  }

  void deliver(EventRef ref, const Event& event) {
    if (event.message.empty()) {
      facts_.alien_deliveries.push_back(ref);
      return;
    }
    auto& deliveries = account(event.message).deliveries;
    deliveries.push_back({.deliver = ref, .time = event.time});
    latest_[{event.process, event.incarnation, event.session, tag_of(event)}] = {
        event.message, deliveries.size() - 1};
  }

  void ack(EventRef ref, const Event& event) {
    const auto found =
        latest_.find({event.process, event.incarnation, event.session, tag_of(event)});
    if (found == latest_.end()) return;  // the ack of an alien delivery
    auto& delivery = facts_.accounts[found->second.first].deliveries[found->second.second];
    if (event.phase == Phase::invoke && (event.kind == "nack" || event.kind == "reject")) {
      delivery.given_back = ref;
      delivery.rejected = event.kind == "reject";
    } else if (delivery.given_back) {
      delivery.given_back_end = ref;
    } else if (event.phase == Phase::invoke) {
      delivery.ack_invoke = ref;
      delivery.ack_outcome = Phase::indeterminate;
    } else {
      delivery.ack_end = ref;
      delivery.ack_outcome = event.phase;
    }
  }

  void effect(EventRef ref, const Event& event) {
    if (event.message.empty()) return;
    const auto note = [&](std::vector<EffectRecord>& effects) {
      if (event.phase == Phase::begin) {
        effects.push_back({.begin = ref, .part = event.part.value_or(0), .transaction = event.transaction});
        return;
      }
      if (event.phase != Phase::ok) return;
      const auto begun = std::find_if(effects.rbegin(), effects.rend(), [&](const EffectRecord& effect) {
        const auto& begin = at(effect.begin);
        return begin.process == event.process && begin.incarnation == event.incarnation && begin.message == event.message &&
               effect.part == event.part.value_or(0) && !effect.done;
      });
      if (begun != effects.rend()) begun->done = ref;
    };
    note(account(event.message).effects);
    if (event.transaction.empty()) return;
    auto& transaction = transaction_named(event.transaction);
    note(transaction.writes);
    transaction.last = ref;
  }

  TransactionRecord& transaction_named(const std::string& name) {
    auto& transaction = facts_.transactions[name];
    transaction.name = name;
    std::tie(transaction.process, transaction.epoch) = split_incarnation(name);
    return transaction;
  }

  void transaction(EventRef ref, const Event& event) {
    auto& transaction = transaction_named(event.transaction);
    transaction.last = ref;
    switch (event.phase) {
      case Phase::commit_invoke:
        transaction.commit_invoke = ref;
        transaction.commit = Phase::commit_indeterminate;
        return;
      case Phase::commit_ok:
      case Phase::commit_fail:
      case Phase::commit_indeterminate:
        transaction.commit_end = ref;
        transaction.commit = event.phase;
        return;
      case Phase::abort_ok:
      case Phase::abort_fail:
      case Phase::abort_indeterminate:
        transaction.abort_end = ref;
        transaction.abort = event.phase;
        return;
      default: return;
    }
  }

  void fault(EventRef ref, const Event& event) {
    auto& course = facts_.course;
    if (event.phase == Phase::plan) course.fault_plan = ref;
    if (event.phase == Phase::act) course.fault_do = ref;
    if (event.phase == Phase::proof) course.fault_proof = ref;
    if (event.phase == Phase::heal) course.fault_heal = ref;
  }

  void process(EventRef ref, const Event& event) {
    auto& course = facts_.course;
    if (event.phase == Phase::exit) course.ends[event.target] = {ref, event.time, event.status};
    if (event.phase == Phase::stopped) course.stopped.emplace(event.target, event.time);
    if (event.phase == Phase::continued) course.continued.emplace(event.target, event.time);
    if (event.phase != Phase::start || event.status != "ready") return;
    course.starts[event.target] = event.time;
    const auto [name, incarnation] = split_incarnation(event.target);
    if (name == "broker" && course.ends.contains(incarnation_name(name, incarnation - 1)))
      course.broker_restarts.push_back(event.time);
  }

  const Trial& trial_;
  RecordedBy who_;
  Facts facts_;
  std::map<std::tuple<std::string, std::int64_t, std::string, std::string>, std::pair<std::string, std::size_t>> latest_;
};

}  // namespace

Facts gather(const Trial& trial, RecordedBy who) { return Gathering(trial, who).run(); }

}  // namespace assay
