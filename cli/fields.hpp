// Reading a report: a field that is missing or of another type reads as empty,
// so that a report of a later or a damaged kind still prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace assay {

using Json = nlohmann::ordered_json;

const Json& field(const Json& from, const char* key);  // null when missing
std::string text_in(const Json& from, const char* key);
std::int64_t number_in(const Json& from, const char* key);
double decimal_in(const Json& from, const char* key);
bool flag_in(const Json& from, const char* key);
const Json& list_in(const Json& from, const char* key);
std::vector<std::string> texts_in(const Json& from, const char* key);

}  // namespace assay
