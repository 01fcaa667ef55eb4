#include "tests/roles/fake-system.hpp"

#include <algorithm>
#include <fstream>
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
    if (fate != Fate::silent) answers_.push_back(answer(message.ticket, fate));
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
  FakeConsumer(const FakeSystem& system, const LinkSetup& setup) : system_(system), notice_(setup.notice) {}

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

  void take_over(const std::string& incarnation, Deadline) override { note("take over " + incarnation); }

 private:
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
  std::size_t received_ = 0, acked_ = 0, put_ = 0;
};

class FakeAuditLink : public AuditLink {
 public:
  explicit FakeAuditLink(const FakeSystem& system) : system_(system) {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline) override {
    std::for_each(system_.copies.begin(), system_.copies.end(), visit);
  }
  void scan_effects(const std::function<void(const SinkRow&)>& visit, Deadline) override {
    std::for_each(system_.effects.begin(), system_.effects.end(), visit);
  }
  Backlog backlog(Deadline) override { return system_.backlog; }

 private:
  const FakeSystem& system_;
};

}  // namespace

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
