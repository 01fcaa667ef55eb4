#pragma once

#include <nlohmann/json.hpp>

namespace assay::rabbitmq {

// What the server logs when its start is over. It answers before, and may forget
// a queue that was declared meanwhile (docs/findings/rabbitmq.md).
inline constexpr const char* ready_line = "Server startup complete";

// What assay-rabbitmq prints as `describe`.
nlohmann::ordered_json description();

}  // namespace assay::rabbitmq
