// Where a server of the user's own lives: a folder and an address that are its
// own, what its commands are told of them, and how it is asked whether it is there.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "cli/profile.hpp"

namespace assay {

class OwnSite {
 public:
  explicit OwnSite(const OwnServer& server);

  // For a fresh server: an empty folder and another port.
  void renew(const std::filesystem::path& folder);

  const std::string& address() const { return address_; }
  const std::string& secret() const { return secret_; }

  // In the profile's folder, with placeholders and environment as they are here.
  Command command(const std::vector<std::string>& argv) const;

  // One attempt: nothing when it is ready, else why not. Throws SystemUnavailable
  // when the probe itself cannot be started.
  std::optional<std::string> why_not_ready(Deadline deadline) const;

  // Tries until it is ready, for so long.
  std::optional<std::string> why_silent(std::chrono::milliseconds limit) const;

 private:
  std::optional<std::string> why_probe_fails(Deadline deadline) const;

  const OwnServer& server_;
  std::filesystem::path folder_;
  std::string address_, secret_;
};

}  // namespace assay
