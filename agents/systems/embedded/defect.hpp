// What can be planted in the broker: the setting `defect`. Everything else is
// the honest broker's code.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace assay::embedded {

enum class Defect {
  none,
  answers_before_durable,
  loses_leased_on_restart,
  forgets_acks_on_restart,
  corrupts_payload,
  invents_message,
  claims_first_delivery,
  delivers_nothing,
  forgets_dedup_on_restart,
  swallows_new_as_duplicate,
  accepts_stale_ack,
  acks_ahead,
  reorders,
  silent_after_restart,
  leaks_between_queues,
  stores_again_when_slow,
  drops_rejected,
  doubles_delivery_limit,
};

inline constexpr std::array<std::pair<Defect, std::string_view>, 18> defects = {{
    {Defect::none, "none"},
    {Defect::answers_before_durable, "answers-before-durable"},
    {Defect::loses_leased_on_restart, "loses-leased-on-restart"},
    {Defect::forgets_acks_on_restart, "forgets-acks-on-restart"},
    {Defect::corrupts_payload, "corrupts-payload"},
    {Defect::invents_message, "invents-message"},
    {Defect::claims_first_delivery, "claims-first-delivery"},
    {Defect::delivers_nothing, "delivers-nothing"},
    {Defect::forgets_dedup_on_restart, "forgets-dedup-on-restart"},
    {Defect::swallows_new_as_duplicate, "swallows-new-as-duplicate"},
    {Defect::accepts_stale_ack, "accepts-stale-ack"},
    {Defect::acks_ahead, "acks-ahead"},
    {Defect::reorders, "reorders"},
    {Defect::silent_after_restart, "silent-after-restart"},
    {Defect::leaks_between_queues, "leaks-between-queues"},
    {Defect::stores_again_when_slow, "stores-again-when-slow"},
    {Defect::drops_rejected, "drops-rejected"},
    {Defect::doubles_delivery_limit, "doubles-delivery-limit"},
}};

inline std::optional<Defect> defect_named(std::string_view name) {
  for (const auto& [defect, its_name] : defects)
    if (its_name == name) return defect;
  return {};
}

}  // namespace assay::embedded
