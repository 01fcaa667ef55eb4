// The private directory of a run, and those of runs that are gone.
//
// Who works in it holds a lock on it, and the kernel lets go of the lock when the
// last of them has ended, however that was. So a directory whose lock is to be had
// is nobody's. A process number would prove nothing: it is given out again, and
// means another process in another namespace.
//
// Where another host may hold a lock that we do not see (network file systems),
// nothing is locked and nothing removed but one's own.
#pragma once

#include <filesystem>

#include <sys/types.h>

#include "agents/os/descriptor.hpp"

namespace assay {

// A directory that we made, known by more than its name.
class Scratch {
 public:
  static Scratch make(const std::filesystem::path& place);  // mode 0700, locked
  static Scratch made_by_janitor(const std::filesystem::path& directory);

  const std::filesystem::path& directory() const { return directory_; }
  const Descriptor& lock() const { return lock_; }
  Descriptor hand_over_lock() { return std::move(lock_); }

  // Does nothing if something else has taken its place.
  void remove() const noexcept;

 private:
  Scratch(std::filesystem::path directory, Descriptor lock);

  std::filesystem::path directory_;
  Descriptor lock_;
  dev_t device_{};
  ino_t inode_{};
};

// Removes the scratch directories in this place that no run holds. Only what bears
// our name, is ours and is closed to others; what cannot be removed stays.
void remove_abandoned(const std::filesystem::path& place);

}  // namespace assay
