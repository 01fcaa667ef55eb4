#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <system_error>

#include "checker/history/files.hpp"
#include "cli/commands.hpp"
#include "cli/profile-text.hpp"
#include "cli/starter.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

std::vector<std::string> systems_there() {
  std::vector<std::string> names;
  for (const auto& [name, program] : find_systems()) names.push_back(name);
  return names;
}

[[noreturn]] void refuse_word(const std::string& word) {
  const std::string wrong = word.empty() ? "init: for which system?" : "init: \"" + word + "\" is no system";
  auto known = systems_there();
  known.insert(known.end(), {"agent", "pipeline"});
  throw UsageError(wrong + suggestion(word, known));
}

// One of our examples, told where its programs are: it runs as it is, and the
// user puts a program of his own in their place.
std::string example(const std::string& name, const std::vector<std::string>& programs) {
  const auto folder = profile_folder() / "own";
  auto text = read_whole_file(folder / (name + ".json"));
  for (const auto& program : programs) {
    const auto at = text.find('"' + program + '"');
    if (at != std::string::npos) text.replace(at + 1, program.size(), (folder / program).string());
  }
  return text;
}

std::string starter_for_agent() {
  return "// Programs of your own as producer and consumer, here those of an example. Put your command in place of one, leave out\n"
         "// the other to have a role of ours there, and try it first: assay selftest --agent COMMAND --role ROLE --system NAME\n"
         "// docs/agent-protocol.md says what such a program has to do.\n" +
         example("python", {"producer.py", "consumer.py"});
}

std::string starter_for_pipeline() {
  return "// A program of your own between a producer and a consumer of ours, here that of an example. Put your command in its\n"
         "// place; {input}, {output} and the others are filled in. docs/pipelines.md says what is hit and what is seen.\n" +
         example("pipeline-atomic", {"pipeline-atomic.py"});
}

std::string starter_for(const std::string& word) {
  if (word == "agent") return starter_for_agent();
  if (word == "pipeline") return starter_for_pipeline();
  if (!find_systems().contains(word)) refuse_word(word);
  return starter_for_system(describe_system(word));
}

// Never over a file that is there.
void write_new_file(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "wx");
  if (file == nullptr)
    throw UsageError("init: write " + path + ": " + std::strerror(errno) + "; name a new file, or - for stdout");
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return;
  const int reason = errno;
  std::remove(path.c_str());
  throw std::system_error(reason, std::generic_category(), "init: write " + path);
}

}  // namespace

int init_command(const InitRequest& request) {
  const std::string text = starter_for(request.what);
  if (request.file == "-") {
    std::cout << text << std::flush;
    return 0;
  }
  write_new_file(request.file, text);
  std::cout << "wrote " << printable(request.file) << "; next: " << command_line({"assay", "run", request.file}) << "\n"
            << std::flush;
  return 0;
}

}  // namespace assay
