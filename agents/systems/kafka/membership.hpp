// Who a consumer is to its group, and what it reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"
#include "agents/systems/kafka/client.hpp"
#include "agents/systems/kafka/settings.hpp"

namespace assay::kafka {

// A group of its own for each channel: members that died with an earlier one
// would be waited for.
std::string group_of(const LinkSetup& setup);

Words consumer_words(const Settings& settings, const LinkSetup& setup);

// Of one who is assigned its partitions: "consumer-N" has those whose number
// leaves the rest N when divided by the shares.
std::vector<std::int32_t> own_partitions(const Settings& settings, const std::string& incarnation);

// "consumer-0#2" without its number.
std::string process_of(const std::string& incarnation);

}  // namespace assay::kafka
