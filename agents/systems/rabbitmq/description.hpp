#pragma once

#include <nlohmann/json.hpp>

namespace assay::rabbitmq {

// What assay-rabbitmq prints as `describe`.
nlohmann::ordered_json description();

}  // namespace assay::rabbitmq
