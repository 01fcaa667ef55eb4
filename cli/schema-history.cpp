// checker/history/format.md says what the lines mean.
#include <variant>

#include "checker/history/event.hpp"
#include "checker/history/windows.hpp"
#include "cli/schema-parts.hpp"
#include "cli/schema.hpp"

namespace assay::schema {
namespace {

// What somebody else's recording says at least: see minimal_line().
const std::vector<std::string> minimal_types{"attempted", "acked", "failed", "stored", "delivered", "effect"};

Json not_empty(const std::string& about = {}) {
  Json schema = text(about);
  schema["minLength"] = 1;
  return schema;
}

Json field_schema(const Field& field) {
  if (std::holds_alternative<Field::Number>(field.member)) return integer({});
  if (std::holds_alternative<Field::Flag>(field.member)) return flag();
  return not_empty();
}

std::vector<std::string> phases_of(Type type) {
  std::vector<std::string> names;
  for (const Phase phase : all_phases())
    if (phase != Phase::none && fits(type, phase)) names.emplace_back(name(phase));
  return names;
}

// A type with its phases; one without phases has no such field.
Json type_schema(Type type) {
  const auto phases = phases_of(type);
  Json schema{{"properties", {{"type", constant(name(type))}}}};
  if (phases.empty()) {
    schema["not"] = {{"required", Json::array({"phase"})}};
  } else {
    schema["properties"]["phase"] = {{"enum", phases}};
    schema["required"] = Json::array({"phase"});
  }
  return schema;
}

// Every field that an event can have.
Json event_fields(const std::vector<std::string>& types) {
  Json properties{{"type", choice(types, "what happened")},
                  {"phase", text("how far it had come; only of types that have phases")},
                  {"process", not_empty("who recorded it")},
                  {"incarnation", count("which life of that process")},
                  {"trial", count("the trial that it belongs to")},
                  {"n", count("1, 2, 3... within the incarnation and the trial")},
                  {"time", count("monotonic clock, nanoseconds")}};
  for (const Field& field : fields()) properties[std::string(field.name)] = field_schema(field);
  return properties;
}

Json full_line() {
  const std::vector<std::string> needed{"type", "process", "incarnation", "trial", "n", "time"};
  Json line = closed(event_fields(named(all_types())), needed, "an event, in full");
  line["oneOf"] = Json::array();
  for (const Type type : all_types()) line["oneOf"].push_back(type_schema(type));
  return line;
}

// The lenient form, with no more than somebody else can tell. A phase would make
// an effect an event in full.
Json minimal_line() {
  Json properties = event_fields(minimal_types);
  properties.erase("phase");
  properties["message"] = {{"type", {"string", "integer"}}, {"minLength", 1}, {"description", "its id"}};
  properties["id"] = {{"type", {"string", "integer"}}, {"minLength", 1}, {"description", "the same as message"}};
  Json line = closed(properties, {"type"}, "an event, in short");
  line["oneOf"] = Json::array({{{"required", Json::array({"message"})}}, {{"required", Json::array({"id"})}}});
  return line;
}

std::vector<std::string> window_names() {
  std::vector<std::string> names;
  for (const auto& window : windows()) names.emplace_back(window.name);
  return names;
}

Json first_line() {
  const auto known = window_names();
  Json told = open({{"process", not_empty()},
                            {"incarnation", count()},
                            {"trial", count()},
                            {"ending", choice({"finished", "killed"})}});
  told["properties"]["last_window"] = {{"enum", known}};
  told["properties"]["hits"] = map(count(), "how often each window was passed");
  told["properties"]["hits"]["propertyNames"] = {{"enum", known}};
  told["properties"]["torn"] = count("records that were cut short by a kill");
  told["properties"]["damage"] = text();
  Json line = open({{"assay-history", constant(1)}}, "the first line");
  line["properties"]["recordings"] = list(told, "what the events alone do not tell");
  return line;
}

Json history_document() {
  return document("assay history, one line of JSON lines",
                  "The first line of a file, or an event: in full, or in short as somebody else recorded it.",
                  {{"oneOf", Json::array({first_line(), full_line(), minimal_line()})}});
}

}  // namespace
}  // namespace assay::schema

nlohmann::ordered_json assay::history_schema() { return schema::history_document(); }
