// The commands that docs/ci.md tells people to put into their CI, run as they
// stand there.
#include <doctest/doctest.h>

#include <sstream>

#include "tests/junit/valid-junit.hpp"
#include "workbench.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

struct Block {
  std::string language, text;
};

std::string trimmed_line(const std::string& line) {
  const auto first = line.find_first_not_of(' ');
  std::string text = first == std::string::npos ? "" : line.substr(first);
  for (const std::string start : {"- ", "run: "})
    if (text.starts_with(start)) text.erase(0, start.size());
  return text;
}

std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> blocks;
  std::istringstream lines(page);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), ""});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

// Every line of the examples that calls assay.
std::vector<std::string> commands_of(const std::vector<Block>& blocks) {
  std::vector<std::string> commands;
  for (const auto& block : blocks) {
    std::istringstream lines(block.text);
    for (std::string line; block.language == "yaml" && std::getline(lines, line);)
      if (const auto command = trimmed_line(line); command.starts_with("assay ")) commands.push_back(command);
  }
  return commands;
}

// What follows --report, --junit and --summary.
std::vector<std::string> files_of(const std::string& command) {
  std::vector<std::string> files;
  std::istringstream words(command);
  for (std::string word, file; words >> word;)
    if ((word == "--report" || word == "--junit" || word == "--summary") && words >> file) files.push_back(file);
  return files;
}

}  // namespace

TEST_CASE("the commands of the CI page do what the page says") {
  const auto blocks = blocks_of(contents(ASSAY_SOURCE_DIR "/docs/ci.md"));
  const auto profile = std::find_if(blocks.begin(), blocks.end(), [](const Block& block) { return block.language == "json"; });
  REQUIRE(profile != blocks.end());
  const auto commands = commands_of(blocks);
  REQUIRE(commands.size() == 3);

  for (const auto& command : commands) {
    CAPTURE(command);
    const Bench bench;
    bench.write("delivery/orders.json", profile->text);
    const Command shell{.argv = {"sh", "-e", "-c", command},
                        .environment = {{"PATH", std::string(ASSAY_BIN_DIR) + ":" + std::getenv("PATH")}},
                        .directory = bench.directory()};
    const auto finished = run_to_end(shell, Deadline::in(std::chrono::minutes(3)));
    CAPTURE(finished.errors);
    CHECK(finished.end.value == 0);
    const auto files = files_of(command);
    CHECK(files.size() == 3);
    for (const auto& file : files) CHECK(fs::file_size(bench.directory() / file) > 0);
    CHECK(fs::is_directory((bench.directory() / files[0]).replace_extension(".d")));
    const auto junit = contents(bench.directory() / files[1]);
    CHECK(faults_in_junit(junit) == "");
    CHECK_FALSE(cases_in(junit).empty());
  }
}
