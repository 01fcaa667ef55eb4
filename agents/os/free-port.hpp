// For servers that must be told where to listen.
#pragma once

#include <cstdint>
#include <string>

namespace assay {

// A TCP port of 127.0.0.1 at which nobody listens at this moment; another process
// may take it before it is used. Throws std::system_error.
std::uint16_t free_port();

std::string free_address();  // "127.0.0.1:PORT", likewise

}  // namespace assay
