#pragma once

#include "agents/os/deadline.hpp"

namespace assay {

// Far longer than anything should take that a test waits for.
inline Deadline patience() { return Deadline::in(std::chrono::seconds(20)); }

}  // namespace assay
