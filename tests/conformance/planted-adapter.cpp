// An adapter that lies. It is the embedded broker's in all but one thing, and
// which one its name says: assay-maps-errors, assay-empty-backlog... Under the
// name assay-honest it does not lie at all; nor where it is another kind of
// system and says so: assay-auto-acks, assay-lets-go-at-disconnect.
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <utility>

#include "agents/systems/adapter.hpp"
#include "agents/systems/embedded/broker.hpp"
#include "agents/systems/embedded/connection.hpp"
#include "agents/systems/embedded/links.hpp"

using namespace assay;

namespace {

std::string lie() { return std::string(program_invocation_short_name).substr(std::string("assay-").size()); }
bool lies(const std::string& one) { return lie() == one; }

const std::set<std::string> all_lies{"honest",       "maps-errors",   "answers-early",  "leaves-sends-open", "cuts-at-nul",
                                     "renames-copy", "lists-nothing", "forgets-dedup",  "never-redelivered", "drops-acks",
                                     "confirms-stale-acks", "offers-nothing", "empty-backlog", "throws", "crashes",
                                     "auto-acks",    "lets-go-at-disconnect", "commits-effects-early", "loses-effects"};

std::vector<SinkRow> effects;  // of the last two; consumer and auditor are in one process

class Producer : public ProducerLink {
 public:
  explicit Producer(std::unique_ptr<ProducerLink> inner) : inner_(std::move(inner)) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    auto sent = message;
    if (lies("cuts-at-nul")) sent.bytes = sent.bytes.substr(0, sent.bytes.find('\0'));
    if (lies("forgets-dedup")) sent.dedup_id = sent.dedup_session = "";
    inner_->submit(sent, deadline);
    if (lies("answers-early")) early_.push_back({.ticket = message.ticket, .outcome = SendOutcome::ok});
  }

  Waiting answer_waiting(Deadline deadline) override {
    return early_.empty() ? inner_->answer_waiting(deadline) : Waiting::answer;
  }

  std::vector<SendAnswer> take_answers() override {
    auto answers = inner_->take_answers();
    if (lies("maps-errors"))
      for (auto& answer : answers) answer.outcome = SendOutcome::ok;
    if (lies("auto-acks"))
      for (auto& answer : answers)
        if (answer.outcome == SendOutcome::ok) answer = {.ticket = answer.ticket, .outcome = SendOutcome::unconfirmed};
    if (lies("leaves-sends-open")) std::erase_if(answers, [](const auto& answer) { return answer.outcome != SendOutcome::ok; });
    for (auto& answer : std::exchange(early_, {})) answers.push_back(std::move(answer));
    return answers;
  }

  void abandon() override { inner_->abandon(); }

 private:
  std::unique_ptr<ProducerLink> inner_;
  std::vector<SendAnswer> early_;
};

class Consumer : public ConsumerLink {
 public:
  Consumer(std::unique_ptr<ConsumerLink> inner, std::string incarnation)
      : inner_(std::move(inner)), incarnation_(std::move(incarnation)) {}

  ~Consumer() override {
    if (lies("lets-go-at-disconnect")) inner_->take_over(incarnation_, Deadline::in(std::chrono::seconds(5)));
  }

  SessionOpened open(Deadline deadline) override { return inner_->open(deadline); }

  Received receive(Deadline deadline) override {
    auto received = inner_->receive(deadline);
    if (!received.delivery) return received;
    if (lies("auto-acks")) inner_->ack(*received.delivery, Deadline::in(std::chrono::seconds(5)));
    if (lies("crashes")) std::abort();
    if (lies("throws")) throw std::runtime_error("receive: planted");
    if (lies("never-redelivered")) received.delivery->redelivered = false;
    if (lies("renames-copy")) received.delivery->copy += "'";
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override {
    if (lies("drops-acks")) return AckOutcome::confirmed;
    const auto outcome = inner_->ack(delivery, deadline);
    if (lies("lets-go-at-disconnect")) return AckOutcome::unconfirmed;
    return lies("confirms-stale-acks") ? AckOutcome::confirmed : outcome;
  }

  bool put(const SinkRow& effect, const Delivery&, Deadline) override {
    if (lies("commits-effects-early")) effects.push_back(effect);
    return true;
  }

  void take_over(const std::string& incarnation, Deadline deadline) override {
    if (!lies("offers-nothing")) inner_->take_over(incarnation, deadline);
  }

 private:
  std::unique_ptr<ConsumerLink> inner_;
  std::string incarnation_;
};

class Auditor : public AuditLink {
 public:
  explicit Auditor(std::unique_ptr<AuditLink> inner) : inner_(std::move(inner)) {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    if (!lies("lists-nothing")) inner_->scan(visit, deadline);
  }

  void scan_effects(const std::function<void(const SinkRow&)>& visit, Deadline) override {
    for (const auto& effect : effects) visit(effect);
  }

  Backlog backlog(Deadline deadline) override {
    auto backlog = inner_->backlog(deadline);
    if (lies("empty-backlog")) backlog.leased = 0;
    return backlog;
  }

 private:
  std::unique_ptr<AuditLink> inner_;
};

nlohmann::ordered_json abilities() {
  nlohmann::ordered_json abilities{{"shape", "queue"},
                                   {"send_answered", true},
                                   {"dedup", nlohmann::ordered_json::array({"id", "session-sequence"})},
                                   {"ack", "each"},
                                   {"ack_answered", true},
                                   {"stale_ack_refused", true},
                                   {"takeover", "request"},
                                   {"lists_stored", true},
                                   {"backlog", "authoritative"}};
  if (lies("auto-acks"))
    abilities.update({{"send_answered", false}, {"ack", "none"}, {"ack_answered", false}, {"stale_ack_refused", false},
                      {"takeover", "never"}, {"lists_stored", false}, {"backlog", "advisory"}});
  if (lies("lets-go-at-disconnect"))
    abilities.update({{"ack_answered", false}, {"stale_ack_refused", false}, {"takeover", "disconnect"}});
  if (lies("commits-effects-early") || lies("loses-effects")) abilities["transactions"] = "effect-and-ack";
  return abilities;
}

class PlantedAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override {
    return {{"system", lie()},
            {"version", "1"},
            {"address", "ipc"},
            {"emulated", nlohmann::ordered_json::array()},
            {"abilities", abilities()},
            {"timers", nlohmann::ordered_json::array({{{"name", "lease"}, {"ms", 600'000}}})},
            {"settings", nlohmann::ordered_json::array()},
            {"windows", false},
            {"announces_ready", true}};
  }

  void serve(const std::filesystem::path& directory, const std::string& address, const nlohmann::json&) override {
    embedded::run_broker(directory, address, {});
  }

  std::optional<std::string> probe(const std::string&, Deadline) override { return "it says itself when it is ready"; }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override {
    return std::make_unique<Producer>(embedded::producer_link(setup));
  }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override {
    return std::make_unique<Consumer>(embedded::consumer_link(setup), setup.incarnation);
  }
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override {
    return std::make_unique<Auditor>(embedded::audit_link(setup));
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (!all_lies.contains(lie())) return 64;
  PlantedAdapter adapter;
  return run_verbs(adapter, argc, argv);
}
