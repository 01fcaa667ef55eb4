#include "agents/systems/beanstalkd/settings.hpp"

#include <stdexcept>
#include <string>

namespace assay::beanstalkd {
namespace {

std::int64_t number_of(const nlohmann::json& given, const nlohmann::ordered_json& described) {
  const std::string name = described.at("name");
  const auto value = given.value(name, nlohmann::json(described.at("default").get<std::int64_t>()));
  const auto least = described.at("min").get<std::int64_t>(), most = described.at("max").get<std::int64_t>();
  if (!value.is_number_integer() || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
    throw std::runtime_error("setting \"" + name + "\" of beanstalkd: " + value.dump() + " is not an integer from " +
                             std::to_string(least) + " to " + std::to_string(most));
  return value;
}

}  // namespace

nlohmann::ordered_json described_settings() {
  using Json = nlohmann::ordered_json;
  return Json::array({
      {{"name", "binlog"},
       {"type", "boolean"},
       {"default", true},
       {"about", "whether the server logs every job to disk and reads that when it starts"}},
      {{"name", "fsync_ms"},
       {"type", "integer"},
       {"default", 0},
       {"min", -1},
       {"max", 3'600'000},
       {"with", {{"binlog", Json::array({true})}}},
       {"about", "the log is synced at most once in so many milliseconds; 0: every write, -1: never"}},
      {{"name", "ttr_s"},
       {"type", "integer"},
       {"default", default_ttr_s},
       {"min", 1},
       {"max", 86'400},
       {"about", "seconds until a job that is reserved and not deleted is ready again"}},
  });
}

Settings read_settings(const nlohmann::json& given) {
  const auto described = described_settings();
  const auto binlog = given.value("binlog", nlohmann::json(true));
  if (!binlog.is_boolean())
    throw std::runtime_error("setting \"binlog\" of beanstalkd: " + binlog.dump() + " is not true or false");
  return {.binlog = binlog, .fsync_ms = number_of(given, described.at(1)), .ttr_s = number_of(given, described.at(2))};
}

}  // namespace assay::beanstalkd
