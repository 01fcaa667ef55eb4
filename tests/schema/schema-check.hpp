// Holds a value against a JSON Schema.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace assay {

class SchemaCheck {
 public:
  explicit SchemaCheck(const nlohmann::ordered_json& schema);
  ~SchemaCheck();

  // "<root>[claim]: why", each; none: the value fits.
  std::vector<std::string> faults(const nlohmann::ordered_json& value) const;
  bool fits(const nlohmann::ordered_json& value) const { return faults(value).empty(); }

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace assay
