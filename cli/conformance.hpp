// `selftest --system`: an adapter held against what it declares in `describe`.
// The checks are the role `conformance` and run inside the adapter's own agent;
// here are the server that they are tried on, its kills and restarts, and the
// table of what was seen.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agents/os/child-watch.hpp"
#include "cli/profile.hpp"
#include "cli/terminal.hpp"

namespace assay {

// One thing that was tried. The adapter keeps its word where both words are the
// same; what was seen is empty where nothing could be.
struct ConformanceCheck {
  std::string ability;
  std::string declared, seen;
  std::string line;  // what was tried, and what came of it

  bool checked() const { return !seen.empty(); }
  bool agrees() const { return checked() && seen == declared; }
  bool operator==(const ConformanceCheck&) const = default;
};

// Throws SystemUnavailable when the server does not start.
std::vector<ConformanceCheck> hold_against_itself(const SystemDescription& system, const Profile& profile,
                                                  const std::filesystem::path& scratch, ChildWatch& watch);

// Nothing differs, and something was checked.
bool conforms(const std::vector<ConformanceCheck>& checks);

// `subject`: "the adapter of redis 7.0.15, held against what it declares".
std::string conformance_text(const std::string& subject, const std::vector<ConformanceCheck>& checks, const Look& look);

}  // namespace assay
