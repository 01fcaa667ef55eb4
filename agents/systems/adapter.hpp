// An adapter is one executable, assay-SYSTEM, with these verbs. Write an Adapter
// and call run_verbs from main; everything else is shared.
//
//     describe             prints the Description as JSON
//     serve DIR ADDRESS    configures a server in DIR and execs it
//     probe ADDRESS [PID]  waits until it is ready: exit 0, else 1 and the reason
//     agent CONTROL        runs one role as one incarnation
//     audit CONTROL        runs the auditor
//     zygote               forks for each of the other verbs (os/zygote.hpp)
//
// And where a primary can have replicas ("cluster" in systems/describe.md):
//
//     replica DIR ADDRESS PRIMARY   as serve, but a replica of the one at PRIMARY
//     in-sync ADDRESS [PID]         as probe: waits until a replica has all there is
//     cut-off ADDRESS               parts a replica from its primary, for good
//     promote ADDRESS...            the primary is dead: makes the replica that has
//                                   most the new one, and prints its address
//
// serve and replica find the profile's settings in the file DIR/settings.json.
// A secret for this server is in the environment variable ASSAY_SECRET, which no
// command line shows, and how long they may wait in ASSAY_PROBE_TIMEOUT_MS.
// ASSAY_CACHE may name a private directory that outlives the server and ends with
// the run: what is dear to make can be left there for the servers to come. Of
// several servers agents and auditor are given all addresses, joined by commas.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

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

  // The same for a replica, whose primary is up.
  virtual void serve_replica(const std::filesystem::path&, const std::string& address, const std::string&,
                             const nlohmann::json&) {
    no_cluster("start a replica at " + address);
  }

  // One attempt: nothing when the replica has all that its primary has, else why not.
  virtual std::optional<std::string> in_sync(const std::string& address, Deadline) { no_cluster("ask the replica at " + address); }

  // What is written afterwards does not reach it, and it keeps what it has.
  virtual void cut_off(const std::string& address, Deadline) { no_cluster("cut off the replica at " + address); }

  // All that the dead primary had sent to one of these is taken in first.
  virtual std::string promote(const std::vector<std::string>&, Deadline) { no_cluster("promote a replica"); }

 private:
  [[noreturn]] static void no_cluster(const std::string& attempted) {
    throw std::runtime_error(attempted + ": this system is no cluster");
  }
};

// Exit code: 0, or 70 with one line on stderr.
int run_verbs(Adapter& adapter, int argc, char** argv);

}  // namespace assay
