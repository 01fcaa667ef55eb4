#include "cli/cluster-broker.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "cli/serving.hpp"
#include "cli/text.hpp"

namespace assay {

ClusterBroker::ClusterBroker(const SystemDescription& system, const Profile& profile, std::filesystem::path directory,
                             Spawn spawn)
    : system_(system), profile_(profile), directory_(std::move(directory)), spawn_(std::move(spawn)) {
  secret_ = random_secret();
}

void ClusterBroker::start_fresh(Deadline deadline) {
  for (int tries = 1;; ++tries) {
    discard();
    home_ = directory_ / ("b" + std::to_string(++fresh_starts_));
    log_ = home_ / "server.log";  // of all, so that one reads in order what they did to each other
    try {
      return start_servers(deadline);
    } catch (const SystemUnavailable&) {
      discard();
      if (tries == address_tries || deadline.passed()) throw;
    }
  }
}

// One replica after the other: two that ask at once are synced one after the
// other as well, with a second between them.
void ClusterBroker::start_servers(Deadline deadline) {
  std::vector<std::string> addresses;
  for (std::int64_t i = 0; i < system_.nodes(profile_.settings); ++i) {
    start_server(HeldPort(), deadline);
    addresses.push_back(servers_.back().address);
  }
  address_ = joined(addresses, ",");
  cut_off_lagging(deadline);
  ++incarnation_;
}

void ClusterBroker::start_server(HeldPort port, Deadline deadline) {
  const auto address = port.address();
  const auto home = home_ / ("n" + std::to_string(servers_.size() + 1));
  std::filesystem::create_directories(home);
  std::ofstream(home / "settings.json") << profile_.settings.dump() << "\n";

  const bool first = servers_.empty();
  Command serve{.argv = {system_.program.string(), first ? "serve" : "replica", home.string(), address},
                .environment = {{"ASSAY_SECRET", secret_}},
                .directory = home,
                .output = log_};
  if (!first) serve.argv.push_back(primary().address);
  servers_.push_back({std::move(port), address, spawn_(serve)});
  if (const auto why = why_not_ready(system_, first ? "probe" : "in-sync", address, servers_.back().child, secret_, deadline))
    throw SystemUnavailable(start_failure(system_.name + (first ? " at " : ", a replica, at ") + address, *why, log_));
}

void ClusterBroker::discard() {
  servers_.clear();
  primary_ = 0;
}

void ClusterBroker::cut_off_lagging(Deadline deadline) {
  const auto lagging = static_cast<std::size_t>(system_.lagging(profile_.settings));
  for (auto i = servers_.size() - lagging; i < servers_.size(); ++i) run({"cut-off", servers_[i].address}, deadline);
}

void ClusterBroker::restart(Deadline deadline) {
  std::vector<std::string> words{"promote"};
  for (auto& address : living()) words.push_back(std::move(address));
  if (words.size() == 1) throw SystemUnavailable("promote a replica of " + system_.name + ": none is left");
  const auto promoted = run(words, deadline);
  const auto found = std::find_if(servers_.begin(), servers_.end(), [&](const auto& s) { return s.address == promoted; });
  if (found == servers_.end()) throw SystemUnavailable("promote a replica of " + system_.name + ": the adapter named \"" + promoted + "\"");
  primary_ = static_cast<std::size_t>(found - servers_.begin());
  ++incarnation_;
}

std::vector<std::string> ClusterBroker::living() const {
  std::vector<std::string> addresses;
  for (const auto& server : servers_)
    if (!server.child.end()) addresses.push_back(server.address);
  return addresses;
}

// Servers that were struck are known to have ended; nobody polls them again.
std::optional<std::string> ClusterBroker::lost_server() {
  for (auto& server : servers_) {
    if (&server == &servers_[primary_] || server.child.end()) continue;
    while (const auto change = server.child.poll())
      if (change->ended()) return "the replica at " + server.address + " ended by itself: " + to_string(*change);
  }
  return std::nullopt;
}

// What the verb printed.
std::string ClusterBroker::run(std::vector<std::string> words, Deadline deadline) {
  const auto attempted = joined(words, " ");
  words.insert(words.begin(), system_.program.string());
  const Command command{.argv = words,
                        .environment = {{"ASSAY_SECRET", secret_}, {"ASSAY_PROBE_TIMEOUT_MS", std::to_string(deadline.left_ms())}}};
  const auto finished = run_to_end(command, deadline);
  if (finished.timed_out) throw SystemUnavailable(system_.name + ": " + attempted + ": no end in time");
  if (finished.end != Change{.kind = Change::Kind::exited, .value = 0, .wait_status = 0})
    throw SystemUnavailable(system_.name + ": " + attempted + ": " + finished.errors.substr(0, finished.errors.find('\n')));
  return finished.output.substr(0, finished.output.find('\n'));
}

}  // namespace assay
