// What `assay-nats describe` prints (systems/describe.md), all of it fixed but
// the version of the installed server.
#pragma once

#include <nlohmann/json.hpp>

namespace assay::nats {

nlohmann::ordered_json description();

}  // namespace assay::nats
