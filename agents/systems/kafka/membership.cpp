#include "agents/systems/kafka/membership.hpp"

#include <algorithm>
#include <cstdlib>

namespace assay::kafka {

std::string process_of(const std::string& incarnation) { return incarnation.substr(0, incarnation.rfind('#')); }

std::string group_of(const LinkSetup& setup) { return setup.group + "-" + setup.channel; }

// A member that is heard of ten times before it counts as dead.
Words consumer_words(const Settings& settings, const LinkSetup& setup) {
  Words words{{"client.id", setup.incarnation},
              {"group.id", group_of(setup)},
              {"isolation.level", settings.isolation},
              {"enable.auto.commit", settings.auto_commit ? "true" : "false"},
              {"auto.commit.interval.ms", std::to_string(settings.auto_commit_interval_ms)},
              {"auto.offset.reset", "earliest"},
              {"fetch.wait.max.ms", "50"},
              {"fetch.error.backoff.ms", "20"},
              {"coordinator.query.interval.ms", "200"},
              {"session.timeout.ms", std::to_string(settings.session_timeout_ms)},
              {"heartbeat.interval.ms", std::to_string(std::clamp<std::int64_t>(settings.session_timeout_ms / 10, 10, 300))},
              {"max.poll.interval.ms", std::to_string(std::max(settings.max_poll_interval_ms, settings.session_timeout_ms))}};
  if (settings.membership == Membership::of_name) words["group.instance.id"] = process_of(setup.incarnation);
  return words;
}

std::vector<std::int32_t> own_partitions(const Settings& settings, const std::string& incarnation) {
  const auto process = process_of(incarnation);
  const auto dash = process.rfind('-');
  const std::int64_t number = dash == std::string::npos ? 0 : std::atoll(process.c_str() + dash + 1);
  std::vector<std::int32_t> partitions;
  for (std::int64_t one = 0; one < settings.partitions; ++one)
    if (one % settings.shares == number) partitions.push_back(static_cast<std::int32_t>(one));
  return partitions;
}

}  // namespace assay::kafka
