#include "checker/rules.hpp"

#include <algorithm>
#include <array>

namespace assay {
namespace {

constexpr std::array limit_entries{
    LimitEntry{"ttl_ms", &Limits::ttl_ms},
    LimitEntry{"slack_ms", &Limits::slack_ms},
    LimitEntry{"max_delivery", &Limits::max_delivery},
    LimitEntry{"uncounted", &Limits::uncounted},
    LimitEntry{"dedup_window_ms", &Limits::dedup_window_ms},
    LimitEntry{"retention_ms", &Limits::retention_ms},
};

constexpr std::array excuse_list{Excuse::ttl, Excuse::dlq, Excuse::limit, Excuse::retention};

}  // namespace

std::span<const LimitEntry> limit_table() { return limit_entries; }

std::span<const Excuse> all_excuses() { return excuse_list; }

std::string_view name(Excuse excuse) {
  switch (excuse) {
    case Excuse::ttl: return "ttl";
    case Excuse::dlq: return "dlq";
    case Excuse::limit: return "limit";
    case Excuse::retention: return "retention";
  }
  return "?";
}

std::optional<Excuse> excuse_named(std::string_view word) {
  const auto found = std::find_if(excuse_list.begin(), excuse_list.end(), [&](Excuse excuse) { return name(excuse) == word; });
  return found == excuse_list.end() ? std::nullopt : std::optional(*found);
}

}  // namespace assay
