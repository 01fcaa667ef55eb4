// The command line: its words, options and help. The .cpp is the only file that
// knows CLI11.
#pragma once

#include <functional>

namespace assay {

// What the user asked for, ready to be run; it returns an exit code. Help and
// version are printed at once. UsageError says what was not understood.
std::function<int()> parse_command_line(int argc, char** argv);

}  // namespace assay
