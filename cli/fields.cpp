#include "cli/fields.hpp"

namespace assay {

const Json& field(const Json& from, const char* key) {
  static const Json none;
  if (!from.is_object()) return none;
  const auto found = from.find(key);
  return found == from.end() ? none : *found;
}

std::string text_in(const Json& from, const char* key) {
  const Json& value = field(from, key);
  return value.is_string() ? value.get<std::string>() : "";
}

std::int64_t number_in(const Json& from, const char* key) {
  const Json& value = field(from, key);
  return value.is_number() ? value.get<std::int64_t>() : 0;
}

double decimal_in(const Json& from, const char* key) {
  const Json& value = field(from, key);
  return value.is_number() ? value.get<double>() : 0;
}

bool flag_in(const Json& from, const char* key) {
  const Json& value = field(from, key);
  return value.is_boolean() && value.get<bool>();
}

const Json& list_in(const Json& from, const char* key) {
  static const Json empty = Json::array();
  const Json& value = field(from, key);
  return value.is_array() ? value : empty;
}

std::vector<std::string> texts_in(const Json& from, const char* key) {
  std::vector<std::string> texts;
  for (const auto& value : list_in(from, key))
    if (value.is_string()) texts.push_back(value.get<std::string>());
  return texts;
}

}  // namespace assay
