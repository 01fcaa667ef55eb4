// Modes list-pop and list-move: channel = list key, sent to with LPUSH and
// taken from at the other end, by BRPOP for good or by BLMOVE into a
// processing list, one an incarnation.
#pragma once

#include <memory>
#include <string>

#include "agents/roles/system.hpp"

namespace assay::redis {

std::unique_ptr<ProducerLink> list_producer(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> popping_consumer(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> moving_consumer(const LinkSetup& setup);
std::unique_ptr<AuditLink> list_audit(const LinkSetup& setup);

// The set that names every processing list of a channel.
inline std::string holders_of(const std::string& channel) { return channel + "/holders"; }

inline std::string processing_list(const std::string& channel, const std::string& incarnation) {
  return channel + "/processing/" + incarnation;
}

}  // namespace assay::redis
