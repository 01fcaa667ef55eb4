// The machine's processes, as a test needs to see them.
#pragma once

#include <set>
#include <string>

#include <sys/types.h>

namespace assay {

// Those with the token in their environment or their arguments; zombies have
// neither.
std::set<pid_t> processes_with(const std::string& token);

// "assay-janitor", as the kernel knows it.
std::string name_of(pid_t process);

// "R", "S", "T" (stopped)...; empty: there is none.
std::string state_of(pid_t process);

}  // namespace assay
