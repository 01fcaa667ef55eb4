#include "agents/roles/conformance/links.hpp"

#include <chrono>

namespace assay::conformance {
namespace {

constexpr std::chrono::milliseconds quantum{5};  // consumers poll in steps, as in a trial

const char* outcome_word(SendOutcome outcome) {
  switch (outcome) {
    case SendOutcome::ok: return "ok";
    case SendOutcome::unconfirmed: return "unconfirmed";
    case SendOutcome::fail: return "fail";
    case SendOutcome::indeterminate: break;
  }
  return "indeterminate";
}

}  // namespace

std::int64_t Sender::submit(OutgoingMessage message, Deadline deadline) {
  message.ticket = ++tickets_;
  open_.insert(tickets_);
  link_->submit(message, deadline);
  return tickets_;
}

void Sender::await_answers(Deadline deadline) {
  for (take(); !open_.empty() && !deadline.passed(); take()) {
    if (link_->answer_waiting(deadline) != Waiting::nothing) continue;
    take();
    return;
  }
}

std::optional<SendAnswer> Sender::send(OutgoingMessage message, Deadline deadline) {
  const auto ticket = submit(std::move(message), deadline);
  await_answers(deadline);
  return answer_to(ticket);
}

std::optional<SendAnswer> Sender::answer_to(std::int64_t ticket) const {
  const auto found = answers_.find(ticket);
  return found == answers_.end() ? std::nullopt : std::optional(found->second);
}

void Sender::abandon() {
  link_->abandon();
  open_.clear();
}

void Sender::take() {
  for (auto& answer : link_->take_answers()) {
    open_.erase(answer.ticket);
    const auto [known, first] = answers_.try_emplace(answer.ticket, answer);
    if (!first && answer.outcome == SendOutcome::ok) known->second = std::move(answer);
  }
}

std::optional<Delivery> next_delivery(ConsumerLink& link, Deadline deadline) {
  do {
    auto received = link.receive(Deadline::earlier(deadline, Deadline::in(quantum)));
    if (received.delivery) return std::move(received.delivery);
  } while (!deadline.passed());
  return {};
}

std::vector<StoredCopy> listed(AuditLink& auditor, Deadline deadline) {
  std::vector<StoredCopy> copies;
  auditor.scan([&](const StoredCopy& copy) { copies.push_back(copy); }, deadline);
  return copies;
}

std::string word(const std::optional<SendAnswer>& answer) {
  if (!answer) return "no answer";
  return outcome_word(answer->outcome) + (answer->error.empty() ? "" : ": " + answer->error);
}

std::string word(AckOutcome outcome) {
  switch (outcome) {
    case AckOutcome::confirmed: return "confirmed";
    case AckOutcome::refused: return "refused";
    case AckOutcome::unconfirmed: return "unconfirmed";
    case AckOutcome::indeterminate: break;
  }
  return "indeterminate";
}

std::string word(const Backlog& backlog) {
  std::string text = "ready " + std::to_string(backlog.ready) + ", leased " + std::to_string(backlog.leased);
  if (backlog.delayed != 0) text += ", delayed " + std::to_string(backlog.delayed);
  if (backlog.prepared != 0) text += ", prepared " + std::to_string(backlog.prepared);
  return text;
}

std::string printed(const std::string& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7f) text += c;
    else text.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return '"' + text + '"';
}

}  // namespace assay::conformance
