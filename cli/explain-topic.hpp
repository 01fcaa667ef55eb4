// What a report says about one clause or one window. Pure functions of it.
#pragma once

#include "cli/fields.hpp"
#include "cli/terminal.hpp"

namespace assay {

// "no-loss", or "no-loss @ stored" where it was judged at several scopes.
std::string explain_clause(const Json& report, const std::string& clause, const Look& look);

// "C.effect_before_ack", or a situation of random faults: "broker:send-open".
std::string explain_window(const Json& report, const std::string& window, const Look& look);

enum class Topic : std::uint8_t { message, clause, window };

// What the word names. UsageError with the nearest valid name.
Topic topic_of(const Json& report, const std::string& word);

}  // namespace assay
