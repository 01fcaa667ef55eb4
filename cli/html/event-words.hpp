// What a diagram and its table say about single events.
#pragma once

#include "cli/path.hpp"

namespace assay::html {

// "consumer-0#2"; without a number where nobody counted its lives.
std::string who(const Json& event);

// "0.214", in milliseconds; empty where no event of the run has a time.
std::string when(const Json& event, const Json& events);

// "0.214 ms, consumer-0#2: delivered, copy queue/17, marked as first"
std::string sentence_of(const Json& event, const Json& events);

// What an event says, as far as it tells this one from its neighbours: "delivered, copy queue/17".
std::string few_words(const Json& event);

// The same of a fault, without the target, in whose lane it stands.
std::string words_of_strike(const Json& event, const Strike& strike);

}  // namespace assay::html
