// How a process of ours is started; ChildProcess owns what comes out.
#pragma once

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include <sys/types.h>

#include "agents/os/child-process.hpp"
#include "agents/os/descriptor.hpp"

namespace assay {

struct Launched {
  pid_t pid = -1;
  Descriptor pidfd;
};

// Starts the command with these as its descriptors 0, 1 and 2; its `output` is
// not looked at. Returns when the program runs: a program that cannot be executed
// is an exception here and leaves no child.
Launched launch(Command command, std::array<int, 3> standard);

// With what errno says.
inline std::system_error failed(const std::string& what) { return {errno, std::generic_category(), what}; }

// close-on-exec and above 2, so that putting it in place of a standard
// descriptor can overwrite no other that is still needed. Throws what open(2) says.
Descriptor open_file(const std::filesystem::path& file, int flags);
Descriptor open_output(const Command& command);

}  // namespace assay
