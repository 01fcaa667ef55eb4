#include "tests/schema/schema-check.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace assay {

using valijson::adapters::NlohmannJsonAdapter;

struct SchemaCheck::Parsed {
  nlohmann::json text;
  valijson::Schema schema;
};

SchemaCheck::SchemaCheck(const nlohmann::ordered_json& schema) : parsed_(std::make_unique<Parsed>()) {
  parsed_->text = nlohmann::json::parse(schema.dump());
  valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(NlohmannJsonAdapter(parsed_->text), parsed_->schema);
}

SchemaCheck::~SchemaCheck() = default;

std::vector<std::string> SchemaCheck::faults(const nlohmann::ordered_json& value) const {
  const auto plain = nlohmann::json::parse(value.dump());  // valijson knows no ordered_json
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  std::vector<std::string> faults;
  if (validator.validate(parsed_->schema, NlohmannJsonAdapter(plain), &results)) return faults;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    std::string where;
    for (const auto& part : error.context) where += part;
    faults.push_back(where + ": " + error.description);
  }
  if (faults.empty()) faults.emplace_back("it does not fit, and nobody says why");
  return faults;
}

}  // namespace assay
