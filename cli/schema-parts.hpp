// The parts that our JSON Schemas (draft-07) are put together from.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/profile-text.hpp"

namespace assay::schema {

using Json = nlohmann::ordered_json;

// A whole schema: its title, then what holds.
Json document(const std::string& title, const std::string& about, const Json& rules);

Json text(const std::string& about = {});
Json line(const std::string& about = {});  // of text, without control characters
Json number(const std::string& about = {});
Json flag(const std::string& about = {});
Json integer(Range range, const std::string& about = {});
Json count(const std::string& about = {});  // an integer, 0 or more
Json matching(const std::string& pattern, const std::string& about);
Json choice(const std::vector<std::string>& words, const std::string& about = {});
Json constant(const Json& value);
Json list(const Json& element, const std::string& about = {});
Json map(const Json& value, const std::string& about = {});  // from names to such values
Json or_null(Json what);

// An object that has these keys and no others.
Json closed(const Json& properties, const std::vector<std::string>& required, const std::string& about = {});

// An object that has all of these keys, and may have more.
Json open(const Json& properties, const std::string& about = {});

// Where the key has this value, that holds.
Json where(const std::string& key, const Json& value, const Json& then);

// "a|b", for a pattern: our words hold nothing that a pattern would take for its own.
std::string any_of(const std::vector<std::string>& words);

// What name() calls these.
template <class Value>
std::vector<std::string> named(const std::vector<Value>& values) {
  std::vector<std::string> names;
  for (const Value value : values) names.emplace_back(name(value));
  return names;
}
template <class Value>
std::vector<std::string> named(std::initializer_list<Value> values) {
  return named(std::vector<Value>(values));
}

}  // namespace assay::schema
