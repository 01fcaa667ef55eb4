#include "tests/roles/fake-system.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include <poll.h>

#include "agents/recording/recorder.hpp"
#include "checker/history/payload.hpp"

namespace assay {
namespace {

void wait_until(Deadline deadline) { ::poll(nullptr, 0, deadline.left_ms()); }

class FakeProducer : public ProducerLink {
 public:
  FakeProducer(const FakeSystem& system, const LinkSetup& setup) : system_(system), notice_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline) override {
    note("submit " + std::to_string(message.ticket));
    const Fate fate = submitted_ < system_.fates.size() ? system_.fates[submitted_] : Fate::answered;
    ++submitted_;
    if (fate != Fate::refused && fate != Fate::dropped) store(message);
    if (fate == Fate::silent) return;
    answers_.push_back(answer(message.ticket, fate));
    const auto& duplicates = system_.duplicates;
    answers_.back().duplicate = std::find(duplicates.begin(), duplicates.end(), submitted_) != duplicates.end();
  }

  Waiting answer_waiting(Deadline deadline) override {
    if (answers_.empty()) wait_until(deadline);
    if (answers_.empty()) return Waiting::nothing;
    return answers_.front().outcome == SendOutcome::indeterminate ? Waiting::lost : Waiting::answer;
  }

  std::vector<SendAnswer> take_answers() override {
    note("take answers");
    std::vector<SendAnswer> taken;
    if (system_.newest_first) {
      taken.push_back(answers_.back());
      answers_.pop_back();
    } else {
      taken.swap(answers_);
    }
    return taken;
  }

  void abandon() override {
    note("abandon");
    answers_.clear();
  }

 private:
  void note(const std::string& call) { notice_({"warn", call}); }

  void store(const OutgoingMessage& message) {
    const auto payload = parse_payload(message.bytes);
    std::ofstream line(system_.stored, std::ios::app);
    if (payload) line << payload->message << ' ' << payload->attempt;
    else line << message.bytes;
    if (!message.dedup_id.empty()) line << " id=" << message.dedup_id;
    if (!message.dedup_session.empty()) line << " sequence=" << message.dedup_session << '/' << message.dedup_sequence;
    line << '\n';
  }

  static SendAnswer answer(std::int64_t ticket, Fate fate) {
    switch (fate) {
      case Fate::answered: return {ticket, SendOutcome::ok, "copy/" + std::to_string(ticket), ""};
      case Fate::unconfirmed: return {ticket, SendOutcome::unconfirmed, "", ""};
      case Fate::refused: return {ticket, SendOutcome::fail, "", "no such queue"};
      default: return {ticket, SendOutcome::indeterminate, "", "connection lost"};
    }
  }

  const FakeSystem& system_;
  NoticeSink notice_;
  std::size_t submitted_ = 0;
  std::vector<SendAnswer> answers_;
};

class FakeConsumer : public ConsumerLink {
 public:
  FakeConsumer(const FakeSystem& system, const LinkSetup& setup)
      : system_(system), notice_(setup.notice), incarnation_(split_incarnation(setup.incarnation)) {}

  SessionOpened open(Deadline) override {
    note("open");
    return {"s1"};
  }

  Received receive(Deadline deadline) override {
    while (received_ < system_.arrivals.size()) {
      const Received& next = system_.arrivals[received_++];
      if (next.unanswered) wait_until(deadline);
      if (!next.delivery || !is_acked(next.delivery->copy)) return next;
    }
    wait_until(deadline);
    return {.opened = {}, .delivery = {}, .unanswered = {}, .answered_empty = monotonic_ns()};
  }

  AckOutcome ack(const Delivery& delivery, Deadline) override {
    note("ack " + delivery.tag);
    return outcome_of(delivery);
  }

  AckOutcome give_back(const Delivery& delivery, GivingBack how, Deadline) override {
    note((how == GivingBack::nack ? "give back " : "reject ") + delivery.tag);
    return how == GivingBack::nack ? AckOutcome::confirmed : outcome_of(delivery);
  }

  bool acks_together() const override { return system_.together; }

  std::vector<AckOutcome> ack_together(const std::vector<Delivery>& deliveries, Deadline) override {
    std::string tags;
    std::vector<AckOutcome> outcomes;
    for (const auto& delivery : deliveries) {
      tags += " " + delivery.tag;
      outcomes.push_back(outcome_of(delivery));
    }
    note("ack together" + tags);
    return outcomes;
  }

  bool put(const SinkRow& effect, const Delivery& delivery, Deadline) override {
    note("put " + effect.message + " of " + delivery.tag);
    return ++put_ > system_.lost_puts;
  }

  TransactionAnswer fence(Deadline) override {
    note("fence");
    received_ = 0;
    return take("fence", [&] { tell("fence " + std::to_string(incarnation_)); });
  }

  TransactionAnswer begin(Deadline) override {
    note("begin");
    return take("begin", [] {});
  }

  SendAnswer send_on(const SinkRow& effect, Deadline) override {
    note("send on " + effect.message + " part " + std::to_string(effect.part));
    open_ = effect.transaction;
    const auto answer = take("send on", [&] {
      tell("row " + (open_.empty() ? "-" : open_) + " " + effect.message + " " + std::to_string(effect.part));
    });
    switch (answer.outcome) {
      case TransactionOutcome::ok: return {0, SendOutcome::ok, "output/1", ""};
      case TransactionOutcome::fail: return {0, SendOutcome::fail, "", answer.error, false, answer.fenced};
      case TransactionOutcome::indeterminate: break;
    }
    return {0, SendOutcome::indeterminate, "", answer.error};
  }

  TransactionAnswer add_offsets(const std::vector<Delivery>& deliveries, Deadline) override {
    note("add offsets");
    return take("add offsets", [&] {
      for (const auto& delivery : deliveries) offsets_.push_back(delivery.copy);
    });
  }

  TransactionAnswer commit(Deadline) override {
    note("commit");
    return take("commit", [&] {
      tell("commit " + open_);
      for (const auto& copy : offsets_) std::ofstream(system_.acked, std::ios::app) << copy << '\n';
      offsets_.clear();
    });
  }

  TransactionAnswer abort(Deadline) override {
    note("abort");
    received_ = 0;
    return take("abort", [&] { offsets_.clear(); });
  }

  void take_over(const std::string& incarnation, Deadline) override { note("take over " + incarnation); }

 private:
  static std::int64_t split_incarnation(const std::string& name) { return std::stoll(name.substr(name.rfind('#') + 1)); }

  // What the script says of the next step of this kind, and what was done then.
  TransactionAnswer take(const std::string& kind, const std::function<void()>& apply) {
    const auto scripted = system_.steps.find(kind);
    const auto number = taken_[kind]++;
    Step step = scripted != system_.steps.end() && number < scripted->second.size() ? scripted->second[number] : Step::ok;
    if (step == Step::ok && is_shut_out()) step = Step::shut_out;
    if (step == Step::ok || step == Step::unheard) apply();
    switch (step) {
      case Step::ok: return {TransactionOutcome::ok, "", false};
      case Step::fail: return {TransactionOutcome::fail, "refused", false};
      case Step::shut_out: return {TransactionOutcome::fail, "fenced", true};
      default: return {TransactionOutcome::indeterminate, "timed out", false};
    }
  }

  bool is_shut_out() const {
    std::ifstream file(system_.output);
    for (std::string line; system_.fences && std::getline(file, line);)
      if (line.starts_with("fence ") && std::stoll(line.substr(6)) > incarnation_) return true;
    return false;
  }

  void tell(const std::string& line) const { std::ofstream(system_.output, std::ios::app) << line << '\n'; }

  AckOutcome outcome_of(const Delivery& delivery) {
    AckOutcome outcome = acked_ < system_.acks.size() ? system_.acks[acked_] : AckOutcome::confirmed;
    ++acked_;
    if (system_.fenced && outcome == AckOutcome::confirmed && is_acked(delivery.copy)) outcome = AckOutcome::refused;
    const bool counts = outcome == AckOutcome::indeterminate ? system_.unanswered_acks_count
                                                             : outcome != AckOutcome::refused;
    if (counts) std::ofstream(system_.acked, std::ios::app) << delivery.copy << '\n';
    return outcome;
  }

  void note(const std::string& call) { notice_({"warn", call}); }

  bool is_acked(const std::string& copy) const {
    std::ifstream file(system_.acked);
    for (std::string line; std::getline(file, line);)
      if (line == copy) return true;
    return false;
  }

  const FakeSystem& system_;
  NoticeSink notice_;
  std::int64_t incarnation_;
  std::size_t received_ = 0, acked_ = 0, put_ = 0;
  std::map<std::string, std::size_t> taken_;  // steps of each kind
  std::string open_;                          // the transaction of the last record sent on
  std::vector<std::string> offsets_;          // in it
};

class FakeAuditLink : public AuditLink {
 public:
  explicit FakeAuditLink(const FakeSystem& system) : system_(system) {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline) override {
    std::for_each(system_.copies.begin(), system_.copies.end(), visit);
  }
  void scan_dead_letters(const std::function<void(const StoredCopy&)>& visit, Deadline) override {
    std::for_each(system_.dead_letters.begin(), system_.dead_letters.end(), visit);
  }
  void scan_effects(const std::function<void(const SinkRow&)>& visit, Deadline) override {
    std::for_each(system_.effects.begin(), system_.effects.end(), visit);
  }
  Backlog backlog(Deadline) override { return system_.backlog; }

 private:
  const FakeSystem& system_;
};

}  // namespace

std::vector<SinkRow> FakeSystem::sent_on(bool committed_only) const {
  std::vector<SinkRow> rows;
  std::set<std::string> committed{"-"};
  std::ifstream file(output);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string what, transaction;
    SinkRow row;
    words >> what >> transaction >> row.message >> row.part;
    if (what == "commit") committed.insert(transaction);
    row.transaction = transaction;
    if (what == "row") rows.push_back(row);
  }
  if (committed_only) std::erase_if(rows, [&](const SinkRow& row) { return !committed.contains(row.transaction); });
  return rows;
}

std::unique_ptr<ProducerLink> FakeSystem::producer(const LinkSetup& setup) {
  return std::make_unique<FakeProducer>(*this, setup);
}

std::unique_ptr<ConsumerLink> FakeSystem::consumer(const LinkSetup& setup) {
  return std::make_unique<FakeConsumer>(*this, setup);
}

std::unique_ptr<AuditLink> FakeSystem::auditor(const LinkSetup&) { return std::make_unique<FakeAuditLink>(*this); }

nlohmann::ordered_json FakeSystem::describe() { return {{"system", "fake"}, {"abilities", {{"shape", "queue"}}}}; }

void FakeSystem::serve(const std::filesystem::path&, const std::string& address, const nlohmann::json& settings) {
  served = settings;
  throw std::runtime_error("exec server at " + address + ": no such file");
}

std::optional<std::string> FakeSystem::probe(const std::string&, Deadline) {
  const auto reason = readiness[std::min(probes_, readiness.size() - 1)];
  ++probes_;
  return reason;
}

}  // namespace assay
