#include "tests/servers/links.hpp"

#include <utility>

#include <doctest/doctest.h>

#include "tests/servers/soon.hpp"

namespace assay {

NoticeSink into(std::vector<Notice>* notices) {
  return [notices](const Notice& notice) {
    if (notices) notices->push_back(notice);
  };
}

std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count) {
  std::vector<SendAnswer> all;
  const auto take = [&] {
    for (auto& answer : link.take_answers()) all.push_back(std::move(answer));
  };
  for (take(); all.size() < count && link.answer_waiting(soon()) != Waiting::nothing;) take();
  return all;
}

std::vector<SendAnswer> send_each(ProducerLink& link, const std::vector<std::string>& bodies, SendOutcome outcome) {
  std::vector<SendAnswer> all;
  for (const auto& body : bodies) {
    link.submit({static_cast<std::int64_t>(all.size()) + 1, body, "key"}, soon());
    const auto answered = answers(link, 1);
    REQUIRE(answered.size() == 1);
    REQUIRE(answered.front().outcome == outcome);
    all.push_back(answered.front());
  }
  return all;
}

std::vector<SendOutcome> outcomes(const std::vector<SendAnswer>& all) {
  std::vector<SendOutcome> found;
  for (const auto& answer : all) found.push_back(answer.outcome);
  return found;
}

std::vector<std::int64_t> tickets(const std::vector<SendAnswer>& all) {
  std::vector<std::int64_t> found;
  for (const auto& answer : all) found.push_back(answer.ticket);
  return found;
}

std::vector<Delivery> receive(ConsumerLink& link, std::size_t count) {
  std::vector<Delivery> all;
  for (const auto deadline = soon(); all.size() < count && !deadline.passed();)
    if (auto received = link.receive(deadline); received.delivery) all.push_back(*received.delivery);
  REQUIRE(all.size() == count);
  return all;
}

std::vector<std::string> bodies_of(const std::vector<Delivery>& all) {
  std::vector<std::string> bodies;
  for (const auto& delivery : all) bodies.push_back(delivery.bytes);
  return bodies;
}

Counts counts(AuditLink& audit) {
  const auto backlog = audit.backlog(soon());
  return {backlog.ready, backlog.leased, backlog.delayed, backlog.prepared};
}

}  // namespace assay
