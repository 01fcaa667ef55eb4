// What each word of the command line does. Every command returns its exit code
// and lets errors through; main turns them into one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/containment.hpp"
#include "cli/outputs.hpp"
#include "cli/profile.hpp"
#include "cli/terminal.hpp"

namespace assay {

enum class Colour : std::uint8_t { automatic, always, never };

struct RunRequest {
  std::vector<std::string> profiles;  // as given; empty: the embedded suite
  std::uint64_t seed = 1;
  std::string only;
  FaultMode faults = FaultMode::all;
  std::vector<std::string> sets;
  std::string claim;
  std::optional<double> until_p;  // --until p<0.05
  bool as_expected = false;
  bool stop_on_violation = false;
  std::string report;  // file; "-": stdout; empty: none
  Outputs outputs;
  bool step_summary = false;  // append to GitHub's, where there is one
  std::string out;     // directory; empty: a private one
  std::int64_t jobs = 0;  // 0: one per core, at most 4
  std::int64_t timeout_s = 0;
  bool quiet = false;
  Colour colour = Colour::automatic;
  ProgressStyle progress = ProgressStyle::automatic;
  Extent extent = Extent::brief;
  bool sweep = false;
  bool one_line_each = false;  // however they end
};

int run_command(const RunRequest& request, const Containment& containment);

// The same, told of each profile that came to a verdict whether it is the
// expected one. For requests that are held against what profiles expect.
using Ended = std::function<void(const std::filesystem::path& file, bool as_expected)>;
int run_profiles(const RunRequest& request, const Containment& containment, const Ended& ended);

struct SelftestRequest {
  std::string system;             // hold this one's adapter against itself; empty: assay itself
  std::vector<std::string> agent;  // or this command against the agent protocol, with that system
  std::string role;                // the agent's: "producer" or "consumer"
  std::vector<std::string> sets;  // with a system: its settings
  std::uint64_t seed = 1;
  std::int64_t jobs = 0;  // 0: one per core, at most 4
  Colour colour = Colour::automatic;
};
int selftest_command(const SelftestRequest& request, const Containment& containment);

struct CheckRequest {
  std::vector<std::string> histories;  // run directories, or the files of one history of somebody else
  std::vector<std::string> sent, received, attempted;  // lists of ids
  std::string column;     // of the lists; empty: an id a line
  std::string claim;      // of a history of somebody else; empty: none
  bool complete = false;  // the user vouches that the reader had all there was
  std::string report;     // file; "-": stdout; empty: none
  std::string judgement;  // likewise
  Outputs outputs;
  bool quiet = false;
  Extent extent = Extent::brief;
  Colour colour = Colour::automatic;
};
int check_command(const CheckRequest& request);

enum class HistoryForm : std::uint8_t { lines, lists, packed };

struct ConvertRequest {
  std::vector<std::string> from;  // a run directory, or the files of one history
  HistoryForm to = HistoryForm::lines;
  std::string out;                    // file; lists: what their names begin with; empty: stdout
  std::optional<std::int64_t> trial;  // empty: the only one
};
int convert_command(const ConvertRequest& request);

struct ReplayRequest {
  std::string report;
  std::int64_t witness = 1;  // as the report counts them
  std::int64_t times = 1;
};
int replay_command(const ReplayRequest& request, const Containment& containment);

struct ShrinkRequest {
  std::string report;
  std::int64_t witness = 1;   // as the report counts them
  std::int64_t confirm = 20;  // how often the smallest plan is run at the end
  std::string file;           // for the new report; "-": stdout; empty: its folder alone
  Outputs outputs;
};
int shrink_command(const ShrinkRequest& request, const Containment& containment);

struct ExplainRequest {
  std::string subject;  // a report, a run directory or a profile
  std::string topic;    // of a report: a message, a clause or a window; empty: the verdict
  Outputs outputs;  // with one of them it prints nothing else
  Extent extent = Extent::brief;
  Colour colour = Colour::automatic;
};
int explain_command(const ExplainRequest& request);

// profiles, systems, windows or clauses; profile-names, system-names: for scripts
int list_command(const std::string& what);

struct SchemaRequest {
  std::string what;    // profile, report or history
  std::string system;  // with profile: its settings, too; empty: of no system
};
int schema_command(const SchemaRequest& request);

struct InitRequest {
  std::string what;  // a system, agent or pipeline
  std::string file;  // "-": stdout
};
int init_command(const InitRequest& request);

}  // namespace assay
