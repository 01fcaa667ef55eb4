#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <system_error>

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
  throw UsageError(wrong + suggestion(word, systems_there()));
}

// A starter for agents of one's own stands here once there are such agents.
std::string starter_for_agent() {
  throw UsageError("init agent: there is no starter for agents yet, only for systems" + suggestion("", systems_there()));
}

// And one for pipelines here.
std::string starter_for_pipeline() {
  throw UsageError("init pipeline: there is no starter for pipelines yet, only for systems" + suggestion("", systems_there()));
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
