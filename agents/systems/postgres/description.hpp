// What `assay-postgres describe` prints (systems/describe.md), all of it fixed
// but the version of the installed server.
#pragma once

#include <nlohmann/json.hpp>

namespace assay::postgres {

nlohmann::ordered_json description();

}  // namespace assay::postgres
