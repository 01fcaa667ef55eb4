#include "checker/history/foreign-line.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "checker/history/event-json.hpp"
#include "checker/history/field-table.hpp"
#include "checker/history/names.hpp"

namespace assay {
namespace {

// The words of those who know no phases.
struct MinimalType {
  std::string_view word;
  Type type;
  Phase phase;
  std::optional<Plain> plain;
};

constexpr std::array minimal_types{
    MinimalType{"acked", Type::send, Phase::ok, Plain::acked},
    MinimalType{"attempted", Type::send, Phase::indeterminate, Plain::attempted},
    MinimalType{"failed", Type::send, Phase::fail, Plain::failed},
    MinimalType{"delivered", Type::deliver, Phase::none, Plain::delivered},
    MinimalType{"stored", Type::stored_row, Phase::none, std::nullopt},
};

constexpr std::array common_fields{"type", "phase", "process", "incarnation", "trial", "n", "time", "message", "id"};

const MinimalType* minimal_type(std::string_view word) {
  for (const auto& known : minimal_types)
    if (known.word == word) return &known;
  return nullptr;
}

std::string or_nearest(const std::string& word, const std::vector<std::string>& known) {
  const auto near = nearest_name(word, known);
  return near.empty() ? "" : "; did you mean \"" + near + "\"?";
}

std::string unknown_type(const std::string& word) {
  std::vector<std::string> known;
  for (const auto& type : minimal_types) known.emplace_back(type.word);
  for (int type = 0; type <= static_cast<int>(Type::environment); ++type) known.emplace_back(name(static_cast<Type>(type)));
  return "unknown type \"" + word + '"' + or_nearest(word, known) + " (most histories need acked and delivered)";
}

bool is_field(const std::string& word) {
  for (const auto* common : common_fields)
    if (word == common) return true;
  for (const Field& known : field_table)
    if (word == known.name) return true;
  return false;
}

std::string unknown_field(const std::string& word) {
  std::vector<std::string> known(common_fields.begin(), common_fields.end());
  for (const Field& one : field_table) known.emplace_back(one.name);
  return "unknown field \"" + word + '"' + or_nearest(word, known);
}

// Takes nlohmann's tokens as EventTokens does, in a wider language: minimal
// types, `id` for `message`, and numbers as ids.
class WiderTokens {
 public:
  const Event& event() const { return tokens_.event(); }
  const std::string& fault() const { return fault_.empty() ? tokens_.fault() : fault_; }
  bool has(const char* name) const { return tokens_.has(name); }
  const MinimalType* minimal() const { return minimal_; }
  int fields() const { return fields_; }

  bool key(std::string& name) {
    if (!is_field(name)) return refuse(unknown_field(name));
    if (name == "id") name = "message";
    name_ = name;
    ++fields_;
    return tokens_.key(name);
  }
  bool string(std::string& text) {
    if (name_ != "type" || !tokens_.has("type")) return tokens_.string(text);
    minimal_ = minimal_type(text);
    if (minimal_ != nullptr) text = name(minimal_->type);
    return type_named(text) ? tokens_.string(text) : refuse(unknown_type(text));
  }
  bool number_integer(std::int64_t value) { return is_id() ? as_text(std::to_string(value)) : tokens_.number_integer(value); }
  bool number_unsigned(std::uint64_t value) { return is_id() ? as_text(std::to_string(value)) : tokens_.number_unsigned(value); }
  bool number_float(double value, const std::string& text) { return tokens_.number_float(value, text); }
  bool boolean(bool value) { return tokens_.boolean(value); }
  bool null() { return tokens_.null(); }
  bool binary(nlohmann::json::binary_t& value) { return tokens_.binary(value); }
  bool start_object(std::size_t size) { return tokens_.start_object(size); }
  bool end_object() { return tokens_.end_object(); }
  bool start_array(std::size_t size) { return tokens_.start_array(size); }
  bool end_array() { return tokens_.end_array(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    const std::string what = error.what();
    return refuse("expected one JSON object: " + what.substr(what.find("] ") == std::string::npos ? 0 : what.find("] ") + 2));
  }

 private:
  bool is_id() const { return name_ == "message"; }
  bool as_text(std::string digits) { return tokens_.string(digits); }
  bool refuse(std::string what) {
    fault_ = std::move(what);
    return false;
  }

  EventTokens tokens_;
  const MinimalType* minimal_ = nullptr;
  int fields_ = 0;
  std::string name_, fault_;
};

const char* process_of(Type type) {
  switch (type) {
    case Type::send:
    case Type::transaction:
    case Type::fence: return "producer";
    case Type::deliver:
    case Type::session:
    case Type::ack:
    case Type::effect:
    case Type::point: return "consumer";
    case Type::sink_row:
    case Type::stored_row:
    case Type::backlog: return "auditor";
    case Type::plan_message:
    case Type::fault:
    case Type::process:
    case Type::drain:
    case Type::environment: return "harness";
  }
  return "harness";
}

bool needs_message(const Event& event, const MinimalType* minimal) {
  if (minimal != nullptr) return true;
  return event.type == Type::plan_message || event.type == Type::send || event.type == Type::sink_row ||
         event.type == Type::stored_row;
}

void hold_phase_against_type(Event& event, bool given, const MinimalType* minimal) {
  if (minimal != nullptr) {
    if (given) throw std::runtime_error("type \"" + std::string(minimal->word) + "\" says it all and has no phase");
    event.phase = minimal->phase;
  } else if (!given && event.type == Type::effect) {
    event.type = Type::sink_row;  // without a phase it is the effect itself, not the consumer's word on its way there
  } else if (!given && event.type == Type::fault) {
    event.phase = Phase::act;
  } else if (!fits(event.type, event.phase)) {
    throw std::runtime_error("an event of type \"" + std::string(name(event.type)) + "\" " +
                             (given ? "cannot be in phase \"" + std::string(name(event.phase)) + '"' : "needs a phase"));
  }
}

}  // namespace

Event event_of(Plain what, std::string_view message) {
  Event event;
  for (const auto& known : minimal_types)
    if (known.plain == what) event.type = known.type, event.phase = known.phase;
  event.process = process_of(event.type);
  event.message = message;
  return event;
}

ForeignLine foreign_line(std::string_view line) {
  WiderTokens tokens;
  if (!nlohmann::json::sax_parse(line.begin(), line.end(), &tokens)) throw std::runtime_error(tokens.fault());
  if (!tokens.has("type")) throw std::runtime_error("field \"type\" is missing; acked, delivered ...");

  ForeignLine read{.event = tokens.event(), .plain = {}, .timed = tokens.has("time"), .numbered = tokens.has("n")};
  Event& event = read.event;
  const auto* const minimal = tokens.minimal();
  hold_phase_against_type(event, tokens.has("phase"), minimal);
  if (event.message.empty() && needs_message(event, minimal)) throw std::runtime_error("field \"message\" is missing");
  if (event.type == Type::ack && event.tag.empty() && event.message.empty())
    throw std::runtime_error("an ack needs a \"tag\" or a \"message\" to say which delivery it is about");
  if (event.process.empty()) event.process = process_of(event.type);
  if (minimal != nullptr && tokens.fields() == 2) read.plain = minimal->plain;
  return read;
}

}  // namespace assay
