// Nothing of a run outlives it, however it ends.
//
// Three processes: the one that the user started and sees, which only waits;
// a janitor below it; and the supervisor below that, which does the work. The
// janitor holds a socket to the first. When that one ends, by SIGKILL too, the
// janitor ends everything below itself and removes the scratch directory. Where
// it is permitted the janitor is the init of a PID namespace, and the kernel
// ends everything in it when even the janitor is killed; elsewhere the janitor
// adopts orphans (PR_SET_CHILD_SUBREAPER), so that no setsid and no double fork
// leads out. In a namespace a process has other numbers than outside, the same
// ones in every run: a name is not made unique by getpid().
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "agents/os/descriptor.hpp"

namespace assay {

struct Containment {
  std::filesystem::path scratch;  // private and empty; removed when the run has ended
  std::string run_id;             // ASSAY_RUN in the environment of every process of the run
  bool namespaced = false;
  Descriptor scratch_lock;        // held, or the next start may take scratch for abandoned
};

// Runs the supervisor contained and returns what it returned. To be called
// before there are threads, by a process without children that matter.
//
// The supervisor gets SIGINT and SIGTERM of the visible process (SIGHUP as
// SIGTERM), blocked: ChildWatch reads them. A third one ends the run at once
// with 130. A supervisor that dies by a signal is reported on stderr as 70.
//
// In the supervisor's process this does not return: it ends as exit() ends it.
// An exception passes through as if the supervisor had been called directly, and
// the exit code that main makes of it becomes that of the visible process.
//
// The scratch directory is made in $ASSAY_SCRATCH; else in /dev/shm if it has
// 256 MiB to spare; else in $TMPDIR or /tmp. ASSAY_NO_NAMESPACE=1 does without
// the namespace. First the scratch directories there that no run holds any more
// are removed: of runs whose janitor died too.
int contained(const std::function<int(const Containment&)>& supervisor);

}  // namespace assay
