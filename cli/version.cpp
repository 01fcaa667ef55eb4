// Apart from all else, so that a commit costs the next build one small file.
#include "cli/version.hpp"

#include "cli/judged-run.hpp"

namespace assay {

void stamp_version(RunFacts& facts) {
  facts.tool_version = tool_version;
  facts.tool_git = tool_git;
}

std::string version_text() {
  const std::string version = std::string("assay ") + tool_version, git = tool_git;
  return git.empty() ? version : version + " (git " + git + ")";
}

}  // namespace assay
