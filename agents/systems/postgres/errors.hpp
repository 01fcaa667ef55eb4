// What the errors of PostgreSQL mean to a client, by SQLSTATE.
#pragma once

#include <string>
#include <string_view>

namespace assay::postgres {

// It passes: the same may be tried again.
bool is_passing(std::string_view state);

// The transaction had to give way to another one, as isolation and locks will
// have it. Nobody's fault, and nothing of it has happened.
bool gave_way(std::string_view state);

// The server has ended the session, and with it the transaction that was open.
bool session_ended(std::string_view state);

// A refusal to connect, "28P01: password ...", that no waiting cures.
bool never_lets_in(std::string_view refusal);

// The same without its SQLSTATE.
std::string without_state(const std::string& refusal);

}  // namespace assay::postgres
