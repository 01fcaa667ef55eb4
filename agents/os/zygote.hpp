// A program of ours that is started once and forked for every process that is
// to run it: what the dynamic linker and the constructors did is there already.
// Forking costs a tenth of starting anew.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"

namespace assay {

// The side of the supervisor. Of one thread: its children, and those of its
// zygote, get SIGKILL when that thread dies.
class Zygote {
 public:
  // Runs `command` (its argv says how the program becomes a zygote) until this
  // object goes. Throws std::system_error.
  explicit Zygote(const Command& command);

  // Like ChildProcess::spawn, with the words after argv[0] for the program; the
  // child is ours, not the zygote's. Throws std::system_error also when the
  // zygote is gone.
  ChildProcess spawn(const Command& command);

 private:
  Zygote(const Command& command, std::array<Descriptor, 2> ends);

  Descriptor socket_;
  ChildProcess process_;
};

// The side of the program, called before it has threads, and with the socket to
// the supervisor as its standard input. Returns in every child, with the words
// that it is to run, environment, directory and descriptors as they were asked
// for; ends the process when the supervisor has gone.
std::vector<std::string> be_zygote();

}  // namespace assay
