// A server of the user's own as a child of ours, played by shell scripts: a probe
// finds it ready while the process lives that has left its number in the folder.
#include <csignal>

#include <doctest/doctest.h>

#include "cli/own-broker.hpp"
#include "tests/files.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(5)); }

const std::string lives = "echo $$ >\"$ASSAY_DIRECTORY/pid\"; exec sleep 60";

class OwnBench {
 public:
  explicit OwnBench(std::vector<std::string> command, std::vector<std::string> probe = {"sh", "-c", "kill -0 $(cat {directory}/pid)"}) {
    profile_.system = "our-queue";
    profile_.own_server = OwnServer{.command = std::move(command), .probe = std::move(probe), .directory = root_.path()};
  }

  const fs::path& root() const { return root_.path(); }
  OwnBroker broker() const { return {profile_, root()}; }

  // Why it does not start; the folder's name is left out.
  std::string refusal(std::chrono::milliseconds limit = std::chrono::seconds(5)) const {
    try {
      broker().start_fresh(Deadline::in(limit));
    } catch (const SystemUnavailable& error) {
      std::string said = error.what();
      for (auto at = said.find(root().string()); at != std::string::npos; at = said.find(root().string()))
        said.replace(at, root().string().size(), "HERE");
      return said;
    }
    return "started";
  }

 private:
  TemporaryDirectory root_{fs::temp_directory_path()};
  Profile profile_;
};

void end(OwnBroker& broker, int signal) {
  broker.signal(signal);
  REQUIRE(broker.child()->wait_ended(soon()));
}

}  // namespace

TEST_CASE("a server is told its folder, port, address and secret, and the same again when it is restarted") {
  const OwnBench bench({"sh", "-c", "echo $* $ASSAY_DIRECTORY $ASSAY_PORT $ASSAY_ADDRESS $ASSAY_SECRET >>{directory}/told; " + lives, "-",
                        "{directory}", "{port}", "at={address}"});
  auto broker = bench.broker();
  broker.start_fresh(soon());
  const auto port = broker.address().substr(std::string("127.0.0.1:").size());
  const auto folder = (bench.root() / "b1").string();
  const auto told = folder + " " + port + " at=" + broker.address() + " " + folder + " " + port + " " + broker.address() + " " +
                    broker.secret() + "\n";
  CHECK(broker.name() == "broker#1");
  CHECK(contents(bench.root() / "b1/told") == told);
  end(broker, SIGKILL);
  CHECK_FALSE(broker.running());
  broker.restart(soon());
  CHECK(broker.running());
  CHECK(broker.name() == "broker#2");
  CHECK(contents(bench.root() / "b1/told") == told + told);
  broker.start_fresh(soon());
  CHECK(contents(bench.root() / "b2/told") != told);
}

TEST_CASE("what a server prints is kept, and it works where the profile is") {
  const OwnBench bench({"sh", "-c", "pwd; echo ready >&2; " + lives});
  auto broker = bench.broker();
  broker.start_fresh(soon());
  CHECK(contents(broker.log()) == fs::canonical(bench.root()).string() + "\nready\n");
}

TEST_CASE("a program that is not there or cannot be executed is found out before it is started") {
  const auto how = [](const std::string& program) { return "start the server by \"" + program + "\": "; };
  const std::string what = "; correct /system/command or install it";
  CHECK(OwnBench({"./none"}).refusal() == how("./none") + "there is no file HERE/none" + what);
  CHECK(OwnBench({"no-such-program"}).refusal() == how("no-such-program") + "no program \"no-such-program\" is in PATH" + what);
  const OwnBench bench({"./text"});
  std::ofstream(bench.root() / "text") << "hello";
  CHECK(bench.refusal() == how("./text") + "HERE/text cannot be executed" + what);
  fs::permissions(bench.root() / "text", fs::perms::owner_all);
  // The sanitizer may add a line of its own.
  CHECK(bench.refusal().starts_with("start our-queue by \"HERE/text\": start HERE/text: Exec format error; correct /system/command"));
  CHECK(OwnBench({"sh", "-c", "sleep 60"}, {"./none"}).refusal() ==
        "start the probe by \"./none\": there is no file HERE/none; correct /system/probe or install it");
}

TEST_CASE("a server that ends, forks away or never gets ready is refused with what it said") {
  CHECK(OwnBench({"sh", "-c", "echo no luck; exit 3"}, {"false"}).refusal() ==
        "start our-queue by \"sh -c echo no luck; exit 3\": it ended before it was ready (exit 3); correct /system/command, or what it "
        "needs; its last lines:\n    no luck");
  CHECK(OwnBench({"sh", "-c", "sleep 60 & exit 0"}, {"false"}).refusal() ==
        "start our-queue by \"sh -c sleep 60 & exit 0\": it ended before it was ready (exit 0); a server that forks away cannot be killed: "
        "let it run in the foreground, or name \"commands\"");
  CHECK(OwnBench({"sleep", "60"}, {"sh", "-c", "echo not yet >&2; exit 4"}).refusal(std::chrono::milliseconds(100))
            .starts_with("start our-queue by \"sleep 60\": it was not ready in time: the probe \"sh -c echo not yet >&2; exit 4\" "));
  CHECK(OwnBench({"sleep", "60"}, {}).refusal(std::chrono::milliseconds(100)).find(": it was not ready in time: no connection to 127.0.0.1:") !=
        std::string::npos);
}

TEST_CASE("a server that still answers after its kill is not believed to be dead") {
  const OwnBench bench({"sleep", "60"}, {"true"});
  auto broker = bench.broker();
  broker.start_fresh(soon());
  end(broker, SIGKILL);
  CHECK_THROWS_WITH_AS(broker.restart(soon()), doctest::Contains("still answers though its process group has ended"), SystemUnavailable);
}

TEST_CASE("a first process that ends in order while its server answers has forked away") {
  const OwnBench bench({"sleep", "60"}, {"true"});
  auto broker = bench.broker();
  broker.start_fresh(soon());
  broker.ended_unasked({.kind = Change::Kind::exited, .value = 1, .wait_status = 256});
  CHECK_THROWS_WITH_AS(broker.ended_unasked({.kind = Change::Kind::exited}), doctest::Contains("a server that forks away"), SystemUnavailable);
}

TEST_CASE("a server that stands still is found so, and goes on") {
  const OwnBench bench({"sh", "-c", lives});
  auto broker = bench.broker();
  broker.start_fresh(soon());
  const auto seen = [&](Change::Kind kind) {
    for (const auto deadline = soon(); !deadline.passed();)
      if (const auto change = broker.child()->poll()) return change->kind == kind;
    return false;
  };
  broker.signal(SIGSTOP);
  CHECK(seen(Change::Kind::stopped));
  broker.signal(SIGCONT);
  CHECK(seen(Change::Kind::continued));
}
