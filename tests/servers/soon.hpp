#pragma once

#include "agents/os/deadline.hpp"

namespace assay {

// How long a test waits at the most; each system's own server.cpp says it.
Deadline soon();

}  // namespace assay
