#include "cli/schema-parts.hpp"

#include <utility>

#include "cli/text.hpp"

namespace assay::schema {
namespace {

Json of_type(const char* type, const std::string& about) {
  Json schema{{"type", type}};
  if (!about.empty()) schema["description"] = about;
  return schema;
}

Json with(Json schema, const char* key, const Json& value) {
  schema[key] = value;
  return schema;
}

}  // namespace

Json document(const std::string& title, const std::string& about, const Json& rules) {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}, {"description", about}};
  schema.update(rules);
  return schema;
}

Json text(const std::string& about) { return of_type("string", about); }
Json line(const std::string& about) { return matching("^[^\\u0000-\\u001f\\u007f]*$", about); }
Json number(const std::string& about) { return of_type("number", about); }
Json flag(const std::string& about) { return of_type("boolean", about); }

Json integer(Range range, const std::string& about) {
  Json schema = of_type("integer", about);
  const Range any;
  if (range.least != any.least) schema["minimum"] = range.least;
  if (range.most != any.most) schema["maximum"] = range.most;
  return schema;
}

Json count(const std::string& about) { return integer({.least = 0}, about); }
Json matching(const std::string& pattern, const std::string& about) { return with(text(about), "pattern", pattern); }
Json choice(const std::vector<std::string>& words, const std::string& about) { return with(text(about), "enum", words); }
Json constant(const Json& value) { return {{"const", value}}; }
Json list(const Json& element, const std::string& about) { return with(of_type("array", about), "items", element); }
Json map(const Json& value, const std::string& about) { return with(of_type("object", about), "additionalProperties", value); }

Json or_null(Json what) {
  what["type"] = Json::array({what.at("type"), "null"});
  return what;
}

Json closed(const Json& properties, const std::vector<std::string>& required, const std::string& about) {
  Json schema = of_type("object", about);
  if (!required.empty()) schema["required"] = required;
  schema["additionalProperties"] = false;
  schema["properties"] = properties;
  return schema;
}

Json open(const Json& properties, const std::string& about) {
  Json schema = of_type("object", about);
  schema["required"] = Json::array();
  for (const auto& property : properties.items()) schema["required"].push_back(property.key());
  schema["properties"] = properties;
  return schema;
}

Json where(const std::string& key, const Json& value, const Json& then) {
  return {{"if", {{"properties", {{key, constant(value)}}}}}, {"then", then}};
}

std::string any_of(const std::vector<std::string>& words) { return joined(words, "|"); }

}  // namespace assay::schema
