// Who has started whom.
#pragma once

#include <vector>

#include <sys/types.h>

namespace assay {

// The children of a process, theirs, and so on. Whose parent has ended is not
// among them. A moment later it may be others, unless all of them stand still.
std::vector<pid_t> descendants_of(pid_t process);

}  // namespace assay
