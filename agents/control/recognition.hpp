// How a message of ours is recognised in a body that somebody else has written:
// by a JSON pointer ("pointer /order") or by the one group of a regular
// expression ("pattern order=([^;]+)").
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <variant>

#include <nlohmann/json.hpp>

namespace assay {

class Recognition {
 public:
  // Throws std::invalid_argument with what is wrong with the rule.
  explicit Recognition(const std::string& rule);

  // Nothing: no text is there that could be the id of a message. Throws
  // std::runtime_error when a body is too long to be searched for a pattern.
  std::optional<std::string> message_in(const std::string& body) const;

 private:
  std::optional<std::string> text_in(const std::string& body) const;

  std::variant<nlohmann::json::json_pointer, std::regex> rule_;
};

}  // namespace assay
