// What tests of every system's links do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"

namespace assay {

// Keeps what a link tells there; null: drops it.
NoticeSink into(std::vector<Notice>* notices);

// What a producer is answered until `count` answers have come; fewer at the deadline.
std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count);

// Sends these one by one, and requires that each is answered `outcome`.
std::vector<SendAnswer> send_each(ProducerLink& link, const std::vector<std::string>& bodies, SendOutcome outcome = SendOutcome::ok);

std::vector<SendOutcome> outcomes(const std::vector<SendAnswer>& all);
std::vector<std::int64_t> tickets(const std::vector<SendAnswer>& all);

// The next deliveries; requires that they come.
std::vector<Delivery> receive(ConsumerLink& link, std::size_t count);

std::vector<std::string> bodies_of(const std::vector<Delivery>& all);

// Ready, leased, delayed, prepared.
using Counts = std::vector<std::int64_t>;
Counts counts(AuditLink& audit);

}  // namespace assay
