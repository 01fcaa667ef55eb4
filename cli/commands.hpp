// What each word of the command line does. Every command returns its exit code
// and lets errors through; main turns them into one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/containment.hpp"
#include "cli/profile.hpp"

namespace assay {

enum class Colour : std::uint8_t { automatic, always, never };

struct RunRequest {
  std::vector<std::string> profiles;  // as given; empty: the embedded suite
  std::uint64_t seed = 1;
  std::string only;
  FaultMode faults = FaultMode::all;
  std::vector<std::string> sets;
  std::string claim;
  bool as_expected = false;
  bool stop_on_violation = false;
  std::string report;  // file; "-": stdout; empty: none
  std::string out;     // directory; empty: a private one
  std::int64_t jobs = 0;  // 0: one per core, at most 4
  std::int64_t timeout_s = 0;
  bool quiet = false;
  Colour colour = Colour::automatic;
};

int run_command(const RunRequest& request, const Containment& containment);

struct CheckRequest {
  std::vector<std::string> histories;  // run directories
  std::string judgement;               // file; "-": stdout; empty: none
  bool quiet = false;
  Colour colour = Colour::automatic;
};
int check_command(const CheckRequest& request);

struct ExplainRequest {
  std::string report;
  std::string message;
  Colour colour = Colour::automatic;
};
int explain_command(const ExplainRequest& request);

// profiles, systems, windows or clauses
int list_command(const std::string& what);

}  // namespace assay
