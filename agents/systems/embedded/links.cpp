#include "agents/systems/embedded/links.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "agents/systems/embedded/connection.hpp"
#include "agents/systems/embedded/replies.hpp"

namespace assay::embedded {
namespace {

using nlohmann::json;

class Producer : public ProducerLink {
 public:
  explicit Producer(const LinkSetup& setup)
      : channel_(setup.channel), complaints_(setup.notice), connection_(setup.address) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    collect();
    const auto life = connection_.life();
    const bool connected = connection_.connected(deadline, [this](const json& reply) { answer(reply); });
    if (connection_.life() != life) lose_open();
    if (!connected) return lose(message.ticket, "no connection within the deadline");
    json request = {{"op", "send"}, {"queue", channel_}, {"key", message.key}, {"body", binary(message.bytes)}};
    if (!message.dedup_id.empty()) request["id"] = message.dedup_id;
    if (!message.dedup_session.empty()) {
      request["producer"] = message.dedup_session;
      request["sequence"] = message.dedup_sequence;
    }
    open_[connection_.send(std::move(request))] = message.ticket;
  }

  Waiting answer_waiting(Deadline deadline) override {
    while (answers_.empty()) {
      const auto sign = connection_.wait(deadline);
      if (sign == Connection::Sign::reply) return Waiting::answer;
      if (sign == Connection::Sign::nothing) return Waiting::nothing;
      if (!open_.empty()) return Waiting::lost;
      connection_.renew();
    }
    const bool answered = std::any_of(answers_.begin(), answers_.end(), [](const SendAnswer& answer) {
      return answer.outcome != SendOutcome::indeterminate;
    });
    return answered ? Waiting::answer : Waiting::lost;
  }

  std::vector<SendAnswer> take_answers() override {
    collect();
    return std::exchange(answers_, {});
  }

  void abandon() override {
    connection_.renew();
    open_.clear();
    answers_.clear();
  }

 private:
  // Moves what arrived to the answers; if the connection is lost, the rest too.
  void collect() {
    const auto life = connection_.life();
    connection_.collect([this](const json& reply) { answer(reply); });
    if (connection_.life() != life) lose_open();
  }

  void lose_open() {
    for (const auto& [n, ticket] : open_) lose(ticket, "connection lost");
    open_.clear();
  }

  void lose(std::int64_t ticket, const std::string& why) {
    answers_.push_back({.ticket = ticket, .outcome = SendOutcome::indeterminate, .copy = "", .error = why});
  }

  void answer(const json& reply) {
    const auto ticket = open_.extract(reply.value("n", std::int64_t{0}));
    if (ticket.empty()) return;
    SendAnswer answer{.ticket = ticket.mapped(),
                      .outcome = SendOutcome::ok,
                      .copy = reply.value("copy", ""),
                      .error = "",
                      .duplicate = reply.value("duplicate", false)};
    if (refused(reply)) {
      answer.outcome = SendOutcome::fail;
      answer.error = reply.at("refused").get<std::string>();
    }
    if (failed(reply)) {
      answer.outcome = SendOutcome::indeterminate;
      answer.error = reply.at("error").get<std::string>();
      complaints_.pass_on(reply);
    }
    answers_.push_back(std::move(answer));
  }

  std::string channel_;
  Complaints complaints_;
  Connection connection_;
  std::map<std::int64_t, std::int64_t> open_;  // request number -> ticket
  std::vector<SendAnswer> answers_;
};

class Auditor : public AuditLink {
 public:
  explicit Auditor(const LinkSetup& setup) : setup_(setup), connection_(setup.address) {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    read_pages("list", visit, deadline);
  }

  void scan_dead_letters(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    read_pages("dead-letters", visit, deadline);
  }

  Backlog backlog(Deadline deadline) override {
    const auto reply = connection_.insist({{"op", "backlog"}, {"queue", setup_.channel}}, deadline);
    return {.ready = reply.at("ready"),
            .leased = reply.at("leased"),
            .delayed = reply.at("delayed"),
            .prepared = reply.at("prepared")};
  }

 private:
  void read_pages(const char* op, const std::function<void(const StoredCopy&)>& visit, Deadline deadline) {
    std::int64_t last = 0;
    while (true) {
      const auto page = connection_.insist({{"op", op}, {"queue", setup_.channel}, {"after", last}}, deadline);
      if (page.at("copies").empty()) return;
      for (const auto& copy : page.at("copies"))
        visit({.copy = copy.at("copy"), .bytes = text(copy.at("body")), .reason = copy.value("reason", "")});
      last = page.at("last");
    }
  }

  LinkSetup setup_;
  Connection connection_;
};

}  // namespace

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) { return std::make_unique<Producer>(setup); }
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) { return std::make_unique<Auditor>(setup); }

}  // namespace assay::embedded
