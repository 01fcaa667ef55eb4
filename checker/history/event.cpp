#include "checker/history/event.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <initializer_list>

#include "checker/history/field-table.hpp"

namespace assay {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 16> type_names = {
    "plan.message", "send",  "session", "deliver", "effect", "sink.row",   "ack",     "transaction",
    "fence",        "point", "fault",   "process", "drain",  "stored.row", "backlog", "environment",
};
static_assert(type_names.size() == static_cast<std::size_t>(Type::environment) + 1);

constexpr std::array<std::string_view, 33> phase_names = {
    "",
    "invoke", "ok", "unconfirmed", "fail", "indeterminate",
    "open", "assign", "revoke", "close",
    "begin",
    "confirmed", "refused",
    "offsets", "prepare",
    "commit.invoke", "commit.ok", "commit.fail", "commit.indeterminate",
    "abort.invoke", "abort.ok", "abort.fail", "abort.indeterminate",
    "plan", "do", "proof", "heal",
    "start", "exit", "stopped", "continued",
    "probe", "end",
};
static_assert(phase_names.size() == static_cast<std::size_t>(Phase::end) + 1);

using PhaseSet = std::uint64_t;

constexpr PhaseSet only(std::initializer_list<Phase> phases) {
  PhaseSet set = 0;
  for (const Phase phase : phases) set |= PhaseSet{1} << static_cast<unsigned>(phase);
  return set;
}

constexpr PhaseSet phases_of(Type type) {
  using enum Phase;
  switch (type) {
    case Type::send: return only({invoke, ok, unconfirmed, fail, indeterminate});
    case Type::session: return only({open, assign, revoke, close, indeterminate});
    case Type::effect: return only({begin, ok, indeterminate});
    case Type::ack: return only({invoke, confirmed, refused, unconfirmed, indeterminate});
    case Type::transaction:
      return only({begin, offsets, prepare, commit_invoke, commit_ok, commit_fail, commit_indeterminate,
                   abort_invoke, abort_ok, abort_fail, abort_indeterminate});
    case Type::fence: return only({invoke, ok, fail, indeterminate});
    case Type::fault: return only({plan, act, proof, heal});
    case Type::process: return only({start, exit, stopped, continued});
    case Type::drain: return only({begin, probe, end});
    case Type::plan_message:
    case Type::deliver:
    case Type::sink_row:
    case Type::point:
    case Type::stored_row:
    case Type::backlog:
    case Type::environment: return only({none});
  }
  return 0;
}

constexpr auto fitting = [] {
  std::array<PhaseSet, type_names.size()> sets{};
  for (std::size_t i = 0; i < sets.size(); ++i) sets[i] = phases_of(static_cast<Type>(i));
  return sets;
}();

template <typename Enum, std::size_t size>
std::optional<Enum> find_name(const std::array<std::string_view, size>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

template <typename Enum, std::size_t size>
std::vector<Enum> all_of(const std::array<std::string_view, size>&) {
  std::vector<Enum> values;
  for (std::size_t i = 0; i < size; ++i) values.push_back(static_cast<Enum>(i));
  return values;
}

}  // namespace

std::vector<Type> all_types() { return all_of<Type>(type_names); }
std::vector<Phase> all_phases() { return all_of<Phase>(phase_names); }

std::span<const Field> fields() { return field_table; }

std::string_view name(Type type) {
  assert(static_cast<std::size_t>(type) < type_names.size());
  return type_names[static_cast<std::size_t>(type)];
}

std::string_view name(Phase phase) {
  assert(static_cast<std::size_t>(phase) < phase_names.size());
  return phase_names[static_cast<std::size_t>(phase)];
}

std::optional<Type> type_named(std::string_view name) { return find_name<Type>(type_names, name); }
std::optional<Phase> phase_named(std::string_view name) { return find_name<Phase>(phase_names, name); }

bool fits(Type type, Phase phase) {
  const auto row = static_cast<std::size_t>(type);
  const auto column = static_cast<std::size_t>(phase);
  return row < fitting.size() && column < phase_names.size() && ((fitting[row] >> column) & 1) != 0;
}

std::string short_name(const Event& event) {
  std::string text(name(event.type));
  if (event.phase != Phase::none) text.append(".").append(name(event.phase));
  return text;
}

std::string incarnation_name(std::string_view process, std::int64_t incarnation) {
  return std::string(process) + "#" + std::to_string(incarnation);
}

std::string role_of(std::string_view process) { return std::string(process.substr(0, process.find('-'))); }

}  // namespace assay
