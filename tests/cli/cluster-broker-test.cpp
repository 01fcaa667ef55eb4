// A primary with replicas as the adapter is asked for it: an adapter that is a
// file, notes its verbs, and whose servers sleep.
#include <algorithm>
#include <csignal>
#include <sstream>

#include <doctest/doctest.h>

#include "cli/cluster-broker.hpp"
#include "profile-bench.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(5)); }

class ClusterBench : public Bench {
 public:
  ClusterBench(std::int64_t nodes, std::int64_t lagging) : profile_(least_profile(*this)) {
    system_.described["cluster"] = {{"nodes", "log.keep"}, {"lagging", "delay"}};
    profile_.settings["log.keep"] = nodes;
    profile_.settings["delay"] = lagging;
    // A server notes its verb when it gets to it, and who waits for it comes behind.
    // The last that is named is the one that has most.
    system_.program = write("systems/assay-fake", "#!/bin/sh\ncase $1 in probe|in-sync) until grep -q \"^[sr].* $2\\\\b\" " + verbs() +
                                                      "; do :; done ;; esac\necho $* >> " + verbs() +
                                                      "\ncase $1 in serve|replica) exec sleep 1000 ;; promote) shift $(($# - 1)); echo $1 ;;"
                                                      " cut-off) test ! -e " + (root() / "broken").string() + " ;; esac\n");
    fs::permissions(system_.program, fs::perms::owner_all);
  }

  ClusterBroker broker() const {
    return {system_, profile_, root() / "servers", [this](const Command& command) {
              auto child = ChildProcess::spawn(command);
              last_started_ = child.pid();
              return child;
            }};
  }
  pid_t last_started() const { return last_started_; }

  // What was asked since the last time, but for directories and process ids, and
  // with the addresses of `broker` by their places: "replica 2 of 1", "in-sync 2".
  std::vector<std::string> asked(const Broker& broker) const {
    const auto known = split(broker.address(), ',');
    const auto place = [&](const std::string& address) {
      const auto found = std::find(known.begin(), known.end(), address);
      return found == known.end() ? address : std::to_string(found - known.begin() + 1);
    };
    std::vector<std::string> lines;
    std::ifstream file(verbs());
    for (std::string line; std::getline(file, line);) {
      const auto words = split(line, ' ');
      if (words[0] == "serve") lines.push_back("serve " + place(words.at(2)));
      else if (words[0] == "replica") lines.push_back("replica " + place(words.at(2)) + " of " + place(words.at(3)));
      else if (words[0] == "promote") {
        lines.emplace_back("promote");
        for (std::size_t i = 1; i < words.size(); ++i) lines.back() += " " + place(words[i]);
      } else lines.push_back(words[0] + " " + place(words.at(1)));
    }
    file.close();
    fs::remove(verbs());
    return lines;
  }

  static std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, at);) words.push_back(word);
    return words;
  }

 private:
  std::string verbs() const { return (root() / "verbs").string(); }

  SystemDescription system_{"fake", {}, fake_description()};
  Profile profile_;
  mutable pid_t last_started_ = 0;
};

void kill(ChildProcess& child) {
  child.signal(SIGKILL);
  REQUIRE(child.wait_ended(soon()));
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a cluster starts with its primary, one replica in sync after the other, and the last of them are cut off") {
  const ClusterBench bench(4, 2);
  auto broker = bench.broker();
  CHECK_FALSE(broker.running());
  broker.start_fresh(soon());
  CHECK(broker.running());
  CHECK(broker.name() == "broker#1");
  CHECK(ClusterBench::split(broker.address(), ',').size() == 4);
  CHECK(bench.asked(broker) == Lines{"serve 1", "probe 1", "replica 2 of 1", "in-sync 2", "replica 3 of 1", "in-sync 3",
                                     "replica 4 of 1", "in-sync 4", "cut-off 3", "cut-off 4"});
}

TEST_CASE("when the primary was killed a replica takes its place, and addresses stay") {
  const ClusterBench bench(3, 0);
  auto broker = bench.broker();
  broker.start_fresh(soon());
  bench.asked(broker);
  const auto addresses = broker.address();
  const auto first = broker.child()->pid();
  kill(*broker.child());
  CHECK_FALSE(broker.running());
  broker.restart(soon());
  CHECK(broker.running());
  CHECK(broker.name() == "broker#2");
  CHECK(broker.address() == addresses);
  CHECK(broker.child()->pid() != first);
  CHECK_FALSE(broker.lost_server());
  CHECK(bench.asked(broker) == Lines{"promote 2 3"});

  kill(*broker.child());
  broker.restart(soon());
  CHECK(bench.asked(broker) == Lines{"promote 2"});
  kill(*broker.child());
  CHECK_THROWS_WITH_AS(broker.restart(soon()), "promote a replica of fake: none is left", SystemUnavailable);

  broker.start_fresh(soon());  // with all of them, and the first as the primary again
  CHECK(broker.running());
  CHECK(bench.asked(broker) == Lines{"serve 1", "probe 1", "replica 2 of 1", "in-sync 2", "replica 3 of 1", "in-sync 3"});
}

TEST_CASE("a replica that ends by itself is told, and a primary that was killed is not") {
  const ClusterBench bench(2, 0);
  auto broker = bench.broker();
  broker.start_fresh(soon());
  CHECK_FALSE(broker.lost_server());
  const auto replica = ClusterBench::split(broker.address(), ',').at(1);
  REQUIRE(::kill(bench.last_started(), SIGKILL) == 0);
  std::optional<std::string> lost;
  for (const auto deadline = soon(); !lost && !deadline.passed();) lost = broker.lost_server();
  CHECK(lost == "the replica at " + replica + " ended by itself: signal 9");
  CHECK(broker.running());
}

TEST_CASE("a cluster whose replica cannot be cut off is not there") {
  ClusterBench bench(2, 1);
  bench.write("broken", "");
  auto broker = bench.broker();
  CHECK_THROWS_AS(broker.start_fresh(soon()), SystemUnavailable);
  CHECK_FALSE(broker.running());
  CHECK(broker.child() == nullptr);
}
