#include "agents/control/recognition.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace assay {
namespace {

using nlohmann::json;

constexpr std::size_t longest_id = 200;
constexpr std::size_t longest_searched = 16 * 1024;  // std::regex calls itself for each letter that it matches

std::variant<json::json_pointer, std::regex> rule_of(const std::string& text) {
  const auto space = text.find(' ');
  const auto kind = text.substr(0, space);
  const auto rest = space == std::string::npos ? "" : text.substr(space + 1);
  if (kind == "pointer") {
    try {
      return json::json_pointer(rest);
    } catch (const json::exception&) {
      throw std::invalid_argument("\"" + rest + "\" is no JSON pointer; expected one as \"/order/id\" (RFC 6901)");
    }
  }
  if (kind != "pattern") throw std::invalid_argument("a message is recognised by a pointer or a pattern, not by \"" + kind + "\"");
  try {
    std::regex pattern(rest);
    if (pattern.mark_count() != 1)
      throw std::invalid_argument("\"" + rest + "\" has " + std::to_string(pattern.mark_count()) +
                                  " groups; expected one, around the message, as in \"order=([^;]+)\"");
    return pattern;
  } catch (const std::regex_error& error) {
    throw std::invalid_argument("\"" + rest + "\" is no regular expression of ECMAScript: " + error.what());
  }
}

bool could_be_an_id(const std::string& text) {
  return !text.empty() && text.size() <= longest_id && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

Recognition::Recognition(const std::string& rule) : rule_(rule_of(rule)) {}

std::optional<std::string> Recognition::message_in(const std::string& body) const {
  auto text = text_in(body);
  if (text && !could_be_an_id(*text)) text.reset();
  return text;
}

std::optional<std::string> Recognition::text_in(const std::string& body) const {
  if (const auto* pointer = std::get_if<json::json_pointer>(&rule_)) {
    const auto parsed = json::parse(body, nullptr, false);
    if (parsed.is_discarded() || !parsed.contains(*pointer)) return std::nullopt;
    const auto& found = parsed.at(*pointer);
    return found.is_string() ? std::optional(found.get<std::string>()) : std::nullopt;
  }
  if (body.size() > longest_searched)
    throw std::runtime_error("look for the pattern of a message in a body of " + std::to_string(body.size()) + " bytes: at most " +
                             std::to_string(longest_searched) + " can be searched; recognise messages by a JSON pointer");
  std::smatch match;
  if (!std::regex_search(body, match, std::get<std::regex>(rule_))) return std::nullopt;
  return match[1].str();
}

}  // namespace assay
