#include <algorithm>

#include "cli/starter.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

constexpr int comment_columns = 110;
constexpr std::size_t most_comment_lines = 20;  // of a comment: abouts of settings come from outside

// As people write it: with a space behind each comma and colon.
std::string one_line(const Json& value) {
  if (!value.is_structured()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& part : value.items())
    parts.push_back((value.is_object() ? Json(part.key()).dump() + ": " : "") + one_line(part.value()));
  return value.is_object() ? "{" + joined(parts) + "}" : "[" + joined(parts) + "]";
}

// "any of ..." of a list, "one of ..." of a word, "0 to 16" of a number.
std::string allowed(const Json& schema) {
  if (schema.contains("items") && schema.at("items").contains("enum")) {
    const auto words = one_line(schema.at("items").at("enum"));
    return "any of " + words.substr(1, words.size() - 2);
  }
  if (schema.contains("enum")) {
    const auto words = one_line(schema.at("enum"));
    return "one of " + words.substr(1, words.size() - 2);
  }
  if (!schema.contains("minimum")) return schema.contains("maximum") ? "at most " + schema.at("maximum").dump() : "";
  return schema.at("minimum").dump() + (schema.contains("maximum") ? " to " + schema.at("maximum").dump() : " or more");
}

// "bytes of a body (0 to 1048576)"
std::string described(const Json& schema) {
  const std::string about = schema.value("description", ""), values = allowed(schema);
  if (about.empty() || values.empty()) return about + values;
  return about + " (" + values + ")";
}

// Of a key with a short and a long form the long one, which tells more.
const Json& long_form(const Json& schema) {
  if (!schema.contains("anyOf")) return schema;
  const auto& forms = schema.at("anyOf");
  const auto found = std::ranges::find_if(forms, [](const Json& form) { return form.contains("properties"); });
  return found == forms.end() ? schema : *found;
}

class Sheet {
 public:
  explicit Sheet(const Notes& notes) : notes_(notes) {}

  void object(const Json& schema, Json values, const std::string& pointer) {
    const Json& properties = schema.at("properties");
    const auto keys = in_order(properties, values);
    if (keys.empty()) {
      text_ += "{}";
      return;
    }
    text_ += "{\n";
    indent_ += 2;
    for (const auto& key : keys) {
      comment(pointer + "/" + key, long_form(properties.at(key)));
      member(key, long_form(properties.at(key)), values, pointer + "/" + key);
      if (values.contains(key) && key != keys.back()) text_ += ",";
      text_ += indent_ == 2 && key != keys.back() ? "\n\n" : "\n";
    }
    indent_ -= 2;
    start_line("}");
  }

  std::string take() && { return std::move(text_); }

 private:
  // The last key has a value: one that was given, else its default.
  static std::vector<std::string> in_order(const Json& properties, Json& values) {
    std::vector<std::string> keys;
    for (const auto& property : properties.items()) keys.push_back(property.key());
    const auto has_value = [&](const std::string& key) { return values.contains(key); };
    const auto last = std::find_if(keys.rbegin(), keys.rend(), has_value);
    if (!keys.empty() && !has_value(keys.back()) && properties.at(keys.back()).contains("default"))
      values[keys.back()] = properties.at(keys.back()).at("default");
    else if (last != keys.rend())
      std::rotate(last.base() - 1, last.base(), keys.end());
    return keys;
  }

  void member(const std::string& key, const Json& schema, const Json& values, const std::string& pointer) {
    const std::string name = Json(key).dump() + ": ";
    if (values.contains(key)) {
      start_line(name);
      if (schema.contains("properties")) object(schema, values.at(key), pointer);
      else text_ += one_line(values.at(key));
    } else if (schema.contains("default")) {
      start_line("// " + name + one_line(schema.at("default")) + ",");
    } else if (schema.contains("examples")) {
      start_line("// such as " + name + one_line(schema.at("examples").front()) + ",");
    }
  }

  void comment(const std::string& pointer, const Json& schema) {
    const Look look{.utf8 = true, .columns = comment_columns};
    if (const auto text = shown(described(schema), look); !text.empty())
      for (const auto& line : wrapped(text, comment_columns - indent_, most_comment_lines, look)) start_line("// " + line + "\n");
    const auto notes = notes_.find(pointer);
    if (notes == notes_.end()) return;
    for (const auto& line : notes->second) start_line("// " + shown(line, look) + "\n");
  }

  void start_line(const std::string& text) { text_ += std::string(static_cast<std::size_t>(indent_), ' ') + text; }

  const Notes& notes_;
  std::string text_;
  int indent_ = 0;
};

}  // namespace

std::string commented(const Json& schema, const Json& values, const Notes& notes) {
  Sheet sheet(notes);
  sheet.object(schema, values, "");
  return std::move(sheet).take() + "\n";
}

}  // namespace assay
