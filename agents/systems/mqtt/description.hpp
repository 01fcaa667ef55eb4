// What assay-mqtt describe prints.
#pragma once

#include <nlohmann/json.hpp>

namespace assay::mqtt {

nlohmann::ordered_json description();

}  // namespace assay::mqtt
