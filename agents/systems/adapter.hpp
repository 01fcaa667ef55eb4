// An adapter is one executable, assay-SYSTEM, with six verbs. Write an Adapter
// and call run_verbs from main; everything else is shared.
//
//     describe             prints the Description as JSON
//     serve DIR ADDRESS    configures a server in DIR and execs it
//     probe ADDRESS [PID]  waits until it is ready: exit 0, else 1 and the reason
//     agent CONTROL        runs one role as one incarnation
//     audit CONTROL        runs the auditor
//     zygote               forks for each of the other verbs (os/zygote.hpp)
//
// serve and probe find the profile's settings in the file DIR/settings.json
// (serve) and a secret for this server in the environment variable
// ASSAY_SECRET (serve, probe, agent, audit), which no command line shows.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "agents/os/deadline.hpp"
#include "agents/roles/system.hpp"

namespace assay {

class Adapter : public System {
 public:
  // The JSON that `describe` prints; systems/describe.md has its fields.
  virtual nlohmann::ordered_json describe() = 0;

  // Writes the configuration into `directory` and execs the server, whose pid
  // is then this process's. Returns only by throwing.
  virtual void serve(const std::filesystem::path& directory, const std::string& address,
                     const nlohmann::json& settings) = 0;

  // One attempt: nothing when ready, else why not.
  virtual std::optional<std::string> probe(const std::string& address, Deadline deadline) = 0;
};

// Exit code: 0, or 70 with one line on stderr.
int run_verbs(Adapter& adapter, int argc, char** argv);

}  // namespace assay
