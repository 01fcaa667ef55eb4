// What `assay-kafka describe` prints (systems/describe.md), all of it fixed but
// the version of the broker's jars.
#pragma once

#include <nlohmann/json.hpp>

namespace assay::kafka {

nlohmann::ordered_json description();

}  // namespace assay::kafka
