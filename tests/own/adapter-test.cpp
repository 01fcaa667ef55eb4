// The verbs of assay-own, as cli calls them.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agents/os/child-process.hpp"
#include "cli/description.hpp"

using namespace assay;

namespace {

Finished run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ASSAY_BIN_DIR "/assay-own");
  return run_to_end({.argv = std::move(arguments), .environment = {}, .directory = {}, .output = {}},
                    Deadline::in(std::chrono::seconds(5)));
}

}  // namespace

TEST_CASE("describe tells what can be said of any server, and that there is none by itself") {
  const auto finished = run({"describe"});
  REQUIRE(to_string(finished.end) == "exit 0");
  const auto described = nlohmann::ordered_json::parse(finished.output);
  CHECK(fault_of_description(described, "own") == "");
  CHECK(described.at("version").is_null());
  CHECK(described.at("missing") == "no server by itself: a profile names a server of your own by \"command\", see docs/own-broker.md");
  CHECK(described.at("abilities").at("lists_stored") == false);
  CHECK(described.at("abilities").at("backlog") == "none");
  CHECK(described.at("timers") == nlohmann::ordered_json::parse(R"([{"name": "under way", "ms": 250}])"));
}

TEST_CASE("what would need a client of the server fails, and says where to look") {
  const std::string why = ": assay has no client of a server of your own; docs/own-broker.md says who does what\n";
  const auto served = run({"serve", "/", "127.0.0.1:1"}), probed = run({"probe", "127.0.0.1:1"});
  CHECK(to_string(served.end) == "exit 70");
  CHECK(served.errors == "assay-own: serve 127.0.0.1:1" + why);
  CHECK(to_string(probed.end) == "exit 70");
  CHECK(probed.errors == "assay-own: probe 127.0.0.1:1" + why);
}
