#include "agents/systems/postgres/errors.hpp"

#include <algorithm>
#include <array>

namespace assay::postgres {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view state, const std::array<std::string_view, N>& states) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

// serialization_failure, deadlock_detected, in_failed_sql_transaction
constexpr std::array<std::string_view, 3> giving_way{"40001", "40P01", "25P02"};

// admin_shutdown (pg_terminate_backend, too), crash_shutdown,
// idle_in_transaction_session_timeout
constexpr std::array<std::string_view, 3> ending{"57P01", "57P02", "25P03"};

// cannot_connect_now, too_many_connections; and what two sessions meet that
// create the same table at once: unique_violation, duplicate_schema, duplicate_table
constexpr std::array<std::string_view, 5> passing{"57P03", "53300", "23505", "42P06", "42P07"};

constexpr std::size_t state_length = 5;

bool begins_with_state(std::string_view refusal) {
  return refusal.size() > state_length + 1 && refusal.substr(state_length, 2) == ": ";
}

}  // namespace

bool gave_way(std::string_view state) { return is_one_of(state, giving_way); }

bool session_ended(std::string_view state) { return is_one_of(state, ending); }

bool is_passing(std::string_view state) { return is_one_of(state, passing) || gave_way(state) || session_ended(state); }

// Class 28: authorisation. 3D000: no such database.
bool never_lets_in(std::string_view refusal) {
  return begins_with_state(refusal) && (refusal.starts_with("28") || refusal.starts_with("3D000"));
}

std::string without_state(const std::string& refusal) {
  return begins_with_state(refusal) && refusal.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == state_length
             ? refusal.substr(state_length + 2)
             : refusal;
}

}  // namespace assay::postgres
