// The JSON form of an event. Reading goes through nlohmann's stream of tokens
// rather than a document: a document forgets a name that comes twice, and is
// slower.
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "checker/history/event-codec.hpp"
#include "checker/history/event-json.hpp"
#include "checker/history/field-table.hpp"

namespace assay {
namespace {

// Words for people may hold any bytes a program wrote; what identifies a
// message may not be changed on its way into a file.
bool for_people(std::string_view field) { return field == "error" || field == "line"; }

std::string readable(const std::string& text) {
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

void put(nlohmann::ordered_json& line, const Event& event, const Field& field) {
  const std::string name(field.name);
  std::visit(
      [&](auto member) {
        const auto& value = event.*member;
        if constexpr (std::is_same_v<decltype(member), Field::Text>) {
          if (!value.empty()) line[name] = for_people(field.name) ? readable(value) : value;
        } else {
          if (value) line[name] = *value;
        }
      },
      field.member);
}

constexpr const char *a_text = "a text", *a_number = "a number", *a_flag = "true or false";

const char* kind_of(const Field& field) {
  if (std::holds_alternative<Field::Text>(field.member)) return a_text;
  return std::holds_alternative<Field::Number>(field.member) ? a_number : a_flag;
}

const Field* field_named(std::string_view name) {
  for (const Field& field : field_table)
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace

std::string to_json_line(const Event& event) {
  nlohmann::ordered_json line;
  line["type"] = name(event.type);
  if (event.phase != Phase::none) line["phase"] = name(event.phase);
  line["process"] = event.process;
  line["incarnation"] = event.incarnation;
  line["trial"] = event.trial;
  line["n"] = event.n;
  line["time"] = event.time;
  for (const Field& field : field_table) put(line, event, field);
  try {
    return line.dump();
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error("write event " + std::to_string(event.n) + " (" + short_name(event) +
                             ") as JSON: a text is not UTF-8: " + error.what());
  }
}

bool EventTokens::key(std::string& name) {
  name_ = name;
  if (!seen_.insert(name).second) return refuse("comes twice");
  return true;
}

bool EventTokens::start_object(std::size_t) {
  if (depth_++ == 0) return true;
  return refuse("is not a plain value");
}

bool EventTokens::string(std::string& text) {
  if (depth_ == 0) return refuse_line("the line is not an object");
  if (text.empty()) return refuse("is empty: a text that was not recorded is left out");
  if (name_ == "process") return event_.process = text, true;
  if (name_ == "type") {
    const auto type = type_named(text);
    if (!type) return refuse_line("unknown type \"" + text + '"');
    return event_.type = *type, true;
  }
  if (name_ == "phase") {
    const auto phase = phase_named(text);
    if (!phase) return refuse_line("unknown phase \"" + text + '"');
    return event_.phase = *phase, true;
  }
  return put<Field::Text>(text, a_text);
}

bool EventTokens::number(std::int64_t value) {
  if (depth_ == 0) return refuse_line("the line is not an object");
  for (const auto& [name, member] : {std::pair{"incarnation", &Event::incarnation}, std::pair{"trial", &Event::trial},
                                     std::pair{"n", &Event::n}, std::pair{"time", &Event::time}}) {
    if (name_ != name) continue;
    if (value < 0) return refuse("is negative");
    return event_.*member = value, true;
  }
  return put<Field::Number>(value, a_number);
}

bool EventTokens::number_unsigned(std::uint64_t value) {
  if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return refuse("is too large");
  return number(static_cast<std::int64_t>(value));
}

bool EventTokens::boolean(bool value) {
  if (depth_ == 0) return refuse_line("the line is not an object");
  return put<Field::Flag>(value, a_flag);
}

template <typename Member, typename Value>
bool EventTokens::put(const Value& value, const char* kind) {
  const Field* const field = field_named(name_);
  if (field != nullptr) {
    if (const auto* const member = std::get_if<Member>(&field->member)) return event_.**member = value, true;
    return refuse(std::string("is ") + kind + ", and has to be " + kind_of(*field));
  }
  for (const char* text : {"type", "phase", "process"})
    if (name_ == text) return refuse(std::string("is ") + kind + ", and has to be " + a_text);
  for (const char* number : {"incarnation", "trial", "n", "time"})
    if (name_ == number) return refuse(std::string("is ") + kind + ", and has to be " + a_number);
  return refuse_line("unknown field \"" + name_ + '"');
}

bool EventTokens::refuse(const std::string& what) {
  return refuse_line(depth_ == 0 ? "the line is not an object" : "field \"" + name_ + "\" " + what);
}

bool EventTokens::refuse_line(std::string what) {
  fault_ = std::move(what);
  return false;
}

Event from_json_line(std::string_view line) {
  EventTokens tokens;
  if (!nlohmann::json::sax_parse(line.begin(), line.end(), &tokens)) throw std::runtime_error(tokens.fault());
  for (const char* common : {"type", "process", "incarnation", "trial", "n", "time"})
    if (!tokens.has(common)) throw std::runtime_error("field \"" + std::string(common) + "\" is missing");

  Event event = tokens.event();
  if (!fits(event.type, event.phase))
    throw std::runtime_error("an event of type \"" + std::string(name(event.type)) + "\" cannot be in phase \"" +
                             std::string(name(event.phase)) + '"');
  return event;
}

}  // namespace assay
