// As whom a server runs. PostgreSQL refuses root; and an account that root
// becomes in its place cannot pass through the private directories above the
// data. So the data directory is handed over open: /proc/self/fd/N leads there
// past them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "agents/os/deadline.hpp"
#include "agents/os/descriptor.hpp"

namespace assay::postgres {

struct Account {
  std::string name;
  uid_t user{};
  gid_t group{};
};

// Nothing: we are not root, and stay who we are.
std::optional<Account> account_to_take();

// A directory that belongs to the account and is closed to everybody else.
class DataDirectory {
 public:
  DataDirectory(std::filesystem::path directory, std::optional<Account> account);  // makes it if it is not there

  const std::filesystem::path& path() const { return path_; }
  bool empty() const { return std::filesystem::is_empty(path_); }

  // Where it is for a process that was handed over what is open here.
  std::string handed_over() const;

  // This process takes the account, for good.
  void take_account() const;

  // Runs a program with the account to its end. Throws std::runtime_error with its
  // last words when it fails.
  void run(const std::vector<std::string>& words, Deadline deadline) const;

  // Ends every process that works in it.
  void clear_of_processes(Deadline deadline) const;

 private:
  std::filesystem::path path_;
  std::optional<Account> account_;
  Descriptor open_;
};

// From here on what this process makes of System V IPC goes when its last process
// has ended: PostgreSQL leaves a segment behind when it is killed. Where that is
// not permitted nothing changes.
void part_ipc();

// SIGKILL for this process when who started it ends; what changes the account undoes it.
void die_with_parent();

}  // namespace assay::postgres
