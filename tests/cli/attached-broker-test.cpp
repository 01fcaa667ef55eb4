// What a server that is not ours is believed, with an adapter and commands that
// are files: the server answers while there is a file `alive`.
#include <doctest/doctest.h>

#include "cli/attached-broker.hpp"
#include "profile-bench.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(5)); }

class AttachedBench : public Bench {
 public:
  AttachedBench() {
    const auto here = root().string();
    system_.program = write("systems/assay-fake", "#!/bin/sh\ntest -e " + here + "/broken && exit 70\ntest -e " + here +
                                                      "/alive && exit 0\necho nobody there >&2\nexit 1\n");
    fs::permissions(system_.program, fs::perms::owner_all);
    write("alive", "");
    Profile profile = least_profile(*this);
    profile.attached = Attachment{.address = "here:1", .commands = {{"kill", {"rm", alive()}}, {"start", {"touch", alive()}}}};
    plan_ = make_plan(profile, system_, 1, "");
  }

  std::string alive() const { return (root() / "alive").string(); }
  AttachedBroker broker() const { return {plan_, system_, root()}; }
  const RunPlan& plan() const { return plan_; }

 private:
  SystemDescription system_{"fake", {}, fake_description()};
  RunPlan plan_;
};

}  // namespace

TEST_CASE("an attached server that was killed by command is silent until it is started again") {
  const AttachedBench bench;
  auto broker = bench.broker();
  broker.start_fresh(soon());
  CHECK(broker.name() == "broker#1");
  CHECK_FALSE(broker.silent());
  broker.strike("kill");
  CHECK(broker.silent());
  broker.restart(soon());
  CHECK_FALSE(broker.silent());
  CHECK(broker.name() == "broker#2");
  CHECK(contents(broker.log()) == "kill: rm " + bench.alive() + "\nexit 0\nstart: touch " + bench.alive() + "\nexit 0\n");
}

TEST_CASE("what was struck is healed however the run ends, and what was not is left alone") {
  const AttachedBench bench;
  SUBCASE("by the one who drops the server") {
    bench.broker().strike("kill");
    CHECK(fs::exists(bench.alive()));
  }
  SUBCASE("once") {
    auto broker = bench.broker();
    broker.strike("kill");
    broker.discard();
    REQUIRE(fs::remove(bench.alive()));
    broker.discard();
    CHECK_FALSE(fs::exists(bench.alive()));
  }
  SUBCASE("but not a server that was never struck") {
    bench.broker().start_fresh(soon());
    REQUIRE(fs::remove(bench.alive()));
    bench.broker().discard();
    CHECK_FALSE(fs::exists(bench.alive()));
  }
}

TEST_CASE("a server that was silent before its command has not been struck by it") {
  const AttachedBench bench;
  REQUIRE(fs::remove(bench.alive()));
  CHECK_THROWS_WITH_AS(bench.broker().strike("kill"),
                       "fake at here:1 did not answer before the command for a kill: nobody there", SystemUnavailable);
  CHECK_FALSE(fs::exists(bench.alive()));
}

TEST_CASE("a probe that breaks says nothing about the server") {
  AttachedBench bench;
  bench.write("broken", "");
  CHECK_THROWS_WITH_AS(bench.broker().silent(), "probe fake at here:1: exit 70", SystemUnavailable);
}

TEST_CASE("no two runs of one plan share a channel") {
  const AttachedBench bench;
  const auto one = bench.broker().channel(3), other = bench.broker().channel(3);
  CHECK(one != other);
  CHECK(one.starts_with("assay-" + bench.plan().run + "-"));
  CHECK(one.ends_with("-t3"));
}
