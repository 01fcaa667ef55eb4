#include "cli/common-ground.hpp"

#include <algorithm>
#include <set>

#include "cli/text.hpp"

namespace assay {
namespace {

using Names = std::set<std::string>;

bool shares_any(const Names& some, const Names& others) {
  return std::any_of(some.begin(), some.end(), [&](const auto& name) { return others.contains(name); });
}

// Messages that were planned, and what consumers say that they were given.
std::string foreign_messages(const std::vector<Recording>& recordings, const Profile& profile) {
  Names planned, given;
  std::int64_t deliveries = 0;
  for (const auto& recording : recordings)
    for (const auto& event : recording.events) {
      if (event.type == Type::plan_message) planned.insert(event.message);
      if (event.type != Type::deliver) continue;
      ++deliveries;
      given.insert(event.message);
    }
  if (deliveries == 0 || shares_any(given, planned)) return {};
  const auto what = "the consumers were given " + counted(deliveries, "message") + " without a fault, and none is one of those that were to be sent";
  if (profile.agents.contains("consumer"))
    return what + (given.begin()->empty() ? "" : ": one is called \"" + *given.begin() + "\"") +
           "; a message has the name that it has in the file \"messages\", and in the header line (docs/agent-protocol.md)";
  return what + "; each has to begin with the line assay/1 RUN MESSAGE ATTEMPT KEY, and to lie where the page of " + profile.system +
         " says (docs/agent-protocol.md, \"What travels through the system\")";
}

// Copies as one of the user's own programs calls them, and as all others do.
std::string foreign_copies(const std::vector<Recording>& recordings, const Profile& profile) {
  for (const auto& [role, agent] : profile.agents) {
    Names own, others;
    for (const auto& recording : recordings)
      for (const auto& event : recording.events)
        if (!event.copy.empty()) (role_of(recording.process) == role ? own : others).insert(event.copy);
    if (own.empty() || others.empty() || shares_any(own, others)) continue;
    return "the " + role + " names copies as \"" + *own.begin() + "\", where others name them as \"" + *others.begin() +
           "\": each would count as two; spell them as the page of " + profile.system + " does, or leave copy out";
  }
  return {};
}

}  // namespace

std::string misunderstanding_in(const std::vector<Recording>& recordings, const Profile& profile) {
  const auto messages = foreign_messages(recordings, profile);
  return messages.empty() ? foreign_copies(recordings, profile) : messages;
}

}  // namespace assay
