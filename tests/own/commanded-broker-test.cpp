// A server of the user's own that commands start and fault, played by a file: it
// answers while there is a file `alive` in its folder.
#include <doctest/doctest.h>

#include "cli/commanded-broker.hpp"
#include "tests/files.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(5)); }

class CommandedBench {
 public:
  CommandedBench() {
    plan_.profile.system = "our-queue";
    plan_.profile.own_server = OwnServer{.command = {}, .probe = {"test", "-e", "{directory}/alive"}, .directory = root_.path()};
    plan_.profile.attached = Attachment{.address = "127.0.0.1:{port}",
                                        .commands = {{"start", {"touch", "{directory}/alive"}}, {"kill", {"rm", "{directory}/alive"}}}};
    system_.name = "our-queue";
  }

  void command(const std::string& name, const std::vector<std::string>& argv) { plan_.profile.attached->commands[name] = argv; }
  void probe(const std::vector<std::string>& argv) { plan_.profile.own_server->probe = argv; }
  CommandedBroker broker() const { return {plan_, system_, root_.path()}; }
  fs::path folder(int number) const { return root_.path() / ("b" + std::to_string(number)); }
  bool lives(int number) const { return fs::exists(folder(number) / "alive"); }

 private:
  TemporaryDirectory root_{fs::temp_directory_path()};
  RunPlan plan_;
  SystemDescription system_;
};

}  // namespace

TEST_CASE("a fresh server is started by command, faulted by command and ended by command") {
  const CommandedBench bench;
  auto broker = bench.broker();
  broker.start_fresh(soon());
  CHECK(broker.running());
  CHECK(bench.lives(1));
  CHECK(broker.name() == "broker#1");
  broker.strike("kill");
  CHECK(broker.silent());
  broker.restart(soon());
  CHECK(bench.lives(1));
  CHECK(broker.name() == "broker#2");
  const auto alive = (bench.folder(1) / "alive").string();
  broker.start_fresh(soon());
  CHECK_FALSE(bench.lives(1));
  CHECK(bench.lives(2));
  CHECK(contents(broker.log().parent_path() / "commands-1.log") ==
        "start: touch " + alive + "\nexit 0\nkill: rm " + alive + "\nexit 0\nstart: touch " + alive + "\nexit 0\nkill: rm " + alive +
            "\nexit 0\n");
}

TEST_CASE("who drops the server ends it, and first lets it go on") {
  CommandedBench bench;
  bench.broker().start_fresh(soon());
  CHECK_FALSE(bench.lives(1));
  bench.command("pause", {"mv", "{directory}/alive", "{directory}/paused"});
  bench.command("resume", {"mv", "{directory}/paused", "{directory}/alive"});
  {
    auto broker = bench.broker();
    broker.start_fresh(soon());
    broker.strike("stall");
    CHECK(fs::exists(bench.folder(1) / "paused"));
  }
  CHECK_FALSE(fs::exists(bench.folder(1) / "paused"));
  CHECK_FALSE(bench.lives(1));
}

TEST_CASE("a server that takes a moment to die is dead, and one that is back at once is not") {
  CommandedBench bench;
  bench.command("kill", {"touch", "{directory}/dying"});
  bench.probe({"sh", "-c", "test -e {directory}/alive && { test ! -e {directory}/dying || rm {directory}/alive; }"});  // answers once more
  {
    auto broker = bench.broker();
    broker.start_fresh(soon());
    broker.strike("kill");
    CHECK(broker.silent());
  }
  bench.command("kill", {"rm", "{directory}/alive"});
  bench.probe({"sh", "-c", "test -e {directory}/alive || { touch {directory}/alive; exit 1; }"});  // back once it was seen to be dead
  auto broker = bench.broker();
  broker.start_fresh(soon());
  broker.strike("kill");
  CHECK_FALSE(broker.silent());
}

TEST_CASE("a start that fails, or after which nobody answers, is no server") {
  CommandedBench bench;
  bench.command("start", {"sh", "-c", "echo no image; exit 3"});
  CHECK_THROWS_WITH_AS(bench.broker().start_fresh(soon()), doctest::Contains("exit 3; its last line: no image"), SystemUnavailable);
  bench.command("start", {"true"});
  CHECK_THROWS_WITH_AS(bench.broker().start_fresh(Deadline::in(std::chrono::milliseconds(50))), doctest::Contains("it was not ready in time"),
                       SystemUnavailable);
  bench.command("start", {"./none"});
  CHECK_THROWS_WITH_AS(bench.broker().start_fresh(soon()), doctest::Contains("correct /system/commands/start or install it"), SystemUnavailable);
}
