#include "cli/role-table.hpp"

#include <algorithm>
#include <array>

#include "cli/profile.hpp"

namespace assay {

namespace {

// An ability that must, or must not, have a value; one that is a list must
// contain it.
struct Need {
  std::string_view role, ability;
  bool equal;
  std::string_view value;

  bool met_by(const SystemDescription& system) const {
    return system.has_ability(std::string(ability), std::string(value)) == equal;
  }
};

constexpr std::array needs{
    Need{"send-once-cursor-first", "client_retries", false, "true"},
    Need{"send-once-cursor-after", "client_retries", false, "true"},
    Need{"retry-until-acknowledged", "send_answered", true, "true"},
    Need{"retry-with-sequence", "send_answered", true, "true"},
    Need{"retry-with-sequence", "dedup", true, "session-sequence"},
    Need{"retry-with-stable-id", "send_answered", true, "true"},
    Need{"retry-with-stable-id", "dedup", true, "id"},
    Need{"send-twice-with-stable-id", "send_answered", true, "true"},
    Need{"send-twice-with-stable-id", "dedup", true, "id"},
    Need{"reject-some", "ack", false, "none"},
    Need{"reject-some", "give_back", true, "reject"},
    Need{"give-back-some", "ack", false, "none"},
    Need{"give-back-some", "give_back", true, "nack"},
    Need{"acknowledge-before-process", "ack", false, "none"},
    Need{"acknowledge-before-process-fenced", "ack_answered", true, "true"},
    Need{"acknowledge-before-process-fenced", "stale_ack_refused", true, "true"},
    Need{"acknowledge-after-process", "ack", false, "none"},
    Need{"auto-acknowledge", "ack", true, "none"},
    Need{"idempotent-upsert", "ack", false, "none"},
    Need{"dedup-mark-first", "ack", false, "none"},
    Need{"dedup-effect-first", "ack", false, "none"},
    Need{"dedup-volatile", "ack", false, "none"},
    Need{"inbox-check-then-act", "ack", false, "none"},
    Need{"inbox-atomic", "ack", false, "none"},
    Need{"effect-in-transaction", "transactions", true, "effect-and-ack"},
    Need{"offset-before-produce", "transactions", true, "send-and-offsets"},
    Need{"offset-after-produce", "transactions", true, "send-and-offsets"},
    Need{"transaction-offset-outside-before", "transactions", true, "send-and-offsets"},
    Need{"transaction-offset-outside-after", "transactions", true, "send-and-offsets"},
    Need{"transaction-with-offsets", "transactions", true, "send-and-offsets"},
};

}  // namespace

const std::vector<RoleEntry>& roles() {
  static const std::vector<std::string_view> cursor_after{"P.before_send", "P.sent_before_ack", "P.acked_before_cursor",
                                                         "P.cursor_saved"};
  static const std::vector<RoleEntry> table{
      {"send-once-cursor-first", "producer", "notes in its cursor that it goes on, then sends a message once", true, true,
       {"P.before_cursor", "P.cursor_before_send", "P.sent_before_ack", "P.acked"}},
      {"send-once-cursor-after", "producer", "sends a message once, and moves its cursor when that is answered", true, true,
       cursor_after},
      {"retry-until-acknowledged", "producer", "sends each message until the system answers that it has it", false, false,
       cursor_after},
      {"retry-with-sequence", "producer",
       "resends likewise, with a number in its session, by which the system drops what it has", false, false,
       cursor_after},
      {"retry-with-stable-id", "producer", "resends likewise, with an id that outlives a restart of the producer", false, false,
       cursor_after},
      {"send-twice-with-stable-id", "producer",
       "sends each message twice on purpose, under one id, and some again when the system may have forgotten it", false, true,
       cursor_after},
      {"acknowledge-before-process", "consumer", "acknowledges a message, then processes it if there was any answer", false, true,
       {"C.received", "C.acked_before_effect", "C.effect_done"}},
      {"acknowledge-before-process-fenced", "consumer",
       "acknowledges a message, then processes it only if that was confirmed", false, true,
       {"C.received", "C.acked_before_effect", "C.effect_done"}},
      {"acknowledge-after-process", "consumer", "processes a message, then acknowledges it", false, false,
       {"C.received", "C.effect_before_ack", "C.acked"}},
      {"auto-acknowledge", "consumer", "processes a message that the system has let go of as it handed it out", false, true,
       {"C.received", "C.effect_done"}},
      {"idempotent-upsert", "consumer", "processes a message so that a second time changes nothing, then acknowledges it", false, true,
       {"C.received", "C.effect_before_ack", "C.acked"}},
      {"dedup-mark-first", "consumer", "looks for a mark, marks the message as seen, then processes it", false, true,
       {"C.received", "C.marked_before_effect", "C.effect_before_ack", "C.acked"}},
      {"dedup-effect-first", "consumer", "looks for a mark, processes the message, then marks it as seen", false, true,
       {"C.received", "C.effect_before_mark", "C.marked_before_ack", "C.acked"}},
      {"dedup-volatile", "consumer", "remembers in memory alone what it has processed", false, true,
       {"C.received", "C.effect_before_mark", "C.marked_before_ack", "C.acked"}},
      {"inbox-check-then-act", "consumer",
       "looks for a mark in one transaction, stores effect and mark in another, with no unique key", false, true,
       {"C.received", "C.tx_open", "C.tx_committed_before_ack", "C.acked"}},
      {"inbox-atomic", "consumer", "stores mark and effect in one transaction, the mark with a unique key", false, true,
       {"C.received", "C.tx_open", "C.tx_committed_before_ack", "C.acked"}},
      {"effect-in-transaction", "consumer",
       "stores its effect in the system, in the transaction that acknowledges the message", false, false,
       {"C.received", "C.tx_open", "C.acked"}},
      {"offset-before-produce", "consumer", "commits its offset, then sends on what comes of the message", false, true,
       {"K.polled", "K.offset_committed_before_produce", "K.produced_1", "K.produced_2"}, 2},
      {"offset-after-produce", "consumer", "sends on what comes of a message, then commits its offset", false, true,
       {"K.polled", "K.produced_1", "K.produced_2", "K.offset_committed"}, 2},
      {"transaction-offset-outside-before", "consumer",
       "sends on in a transaction, and commits its offset outside it, before", false, true,
       {"K.polled", "K.begun", "K.offset_committed_outside", "K.produced_1", "K.produced_2", "K.txn_committed"}, 2, true},
      {"transaction-offset-outside-after", "consumer",
       "sends on in a transaction, and commits its offset outside it, after", false, true,
       {"K.polled", "K.begun", "K.produced_1", "K.produced_2", "K.txn_committed", "K.offset_committed_outside"}, 2, true},
      {"transaction-with-offsets", "consumer", "sends on in a transaction that its offset is part of", false, true,
       {"K.polled", "K.begun", "K.produced_1", "K.produced_2", "K.offsets_in_txn", "K.txn_committed"}, 2, true},
      {"reject-some", "consumer",
       "rejects every reject_every-th message for good; processes the others, then acknowledges them", false, true,
       {"C.received", "C.effect_before_ack", "C.acked"}},
      {"give-back-some", "consumer",
       "gives back every reject_every-th message each time it comes; processes the others, then acknowledges them", false, true,
       {"C.received", "C.effect_before_ack", "C.acked"}},
  };
  return table;
}

const RoleEntry* role_named(std::string_view name) {
  const auto found = std::ranges::find(roles(), name, &RoleEntry::name);
  return found == roles().end() ? nullptr : &*found;
}

std::vector<std::string> windows_of(std::string_view role) {
  const auto* entry = role_named(role);
  if (!entry) return {};
  return {entry->windows.begin(), entry->windows.end()};
}

DedupBy dedup_of(std::string_view role) {
  if (role == "retry-with-sequence") return DedupBy::session;
  return role.ends_with("with-stable-id") ? DedupBy::message : DedupBy::nothing;
}

std::string unmet_need(std::string_view role, const SystemDescription& system) {
  for (const Need& need : needs) {
    if (need.role != role || need.met_by(system)) continue;
    const std::string ability(need.ability);
    return ability + (need.equal ? " to be " : " not to be ") + std::string(need.value) + ", and the system " + system.name +
           " has " + system.ability(ability);
  }
  return {};
}

std::vector<std::string> working_roles(std::string_view side, const SystemDescription& system) {
  std::vector<std::string> names;
  for (const auto& entry : roles())
    if (entry.side == side && unmet_need(entry.name, system).empty()) names.emplace_back(entry.name);
  return names;
}

}  // namespace assay
