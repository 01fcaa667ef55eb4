// The faults of the network between agents and server.
#pragma once

#include <string_view>

namespace assay {

// They leave every process alone, and a proxy is their witness.
inline bool is_of_network(std::string_view kind) { return kind == "cut" || kind == "delay" || kind == "hold"; }

}  // namespace assay
