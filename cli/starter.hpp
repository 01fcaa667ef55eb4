// A profile to start from: every key of it, with what it says and what it is by
// default. It runs as it is.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/profile.hpp"

namespace assay {

std::string starter_for_system(const SystemDescription& system);

// More to say about a value than its schema does, by its JSON pointer. Each line
// stays a line.
using Notes = std::map<std::string, std::vector<std::string>>;

// An object as JSON with comments: what its schema says about each key, keys with
// a value as they are, the others with their defaults behind "//". The last key
// of an object always has a value, so that any "//" can be taken away.
std::string commented(const nlohmann::ordered_json& schema, const nlohmann::ordered_json& values, const Notes& notes);

}  // namespace assay
