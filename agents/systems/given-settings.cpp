#include "agents/systems/given-settings.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

// The settings of one system.
class Given {
 public:
  Given(const std::string& system, const Json& described) : system_(system), described_(described) {}

  Json complete(const nlohmann::json& given) {
    Json all = Json::object();
    for (const auto& setting : described_) {
      const std::string name = setting.at("name");
      all[name] = given.contains(name) ? Json(given.at(name)) : setting.at("default");
      check_value(setting, all[name]);
    }
    for (const auto& setting : described_) check_company(setting, all);
    return all;
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw std::runtime_error("setting \"" + name + "\" of " + system_ + ": " + why);
  }

  static bool among(const Json& values, const Json& value) { return std::find(values.begin(), values.end(), value) != values.end(); }

  static bool fits(const Json& type, const Json& value) {
    return (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
           (type == "boolean" && value.is_boolean());
  }

  void check_value(const Json& setting, const Json& value) const {
    const std::string name = setting.at("name");
    if (!fits(setting.at("type"), value)) refuse(name, value.dump() + " is no " + setting.at("type").get<std::string>());
    if (setting.contains("values") && !among(setting.at("values"), value)) refuse(name, value.dump() + " is not one of its values");
    if (setting.contains("min") && (value < setting.at("min") || value > setting.at("max")))
      refuse(name, value.dump() + " is not from " + setting.at("min").dump() + " to " + setting.at("max").dump());
  }

  void check_company(const Json& setting, const Json& all) const {
    const std::string name = setting.at("name");
    if (!setting.contains("with") || all.at(name) == setting.at("default")) return;
    for (const auto& [other, values] : setting.at("with").items())
      if (!among(values, all.at(other))) refuse(name, "it may not be given with " + other + " " + all.at(other).dump());
  }

  const std::string& system_;
  const Json& described_;
};

}  // namespace

nlohmann::ordered_json complete_settings(const std::string& system, const nlohmann::ordered_json& described, const nlohmann::json& given) {
  return Given(system, described).complete(given);
}

}  // namespace assay
