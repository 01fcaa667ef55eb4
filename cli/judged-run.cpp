#include "cli/judged-run.hpp"

#include <algorithm>
#include <ctime>

#include "cli/terminal.hpp"

namespace assay {

std::vector<Trial> trials_named_in(const Weighing& weighing, const std::function<Trial(std::int64_t)>& read) {
  std::vector<Trial> trials;
  for (const auto& found : weighing.found) {
    const bool known = std::any_of(trials.begin(), trials.end(), [&](const auto& t) { return t.number == found.trial; });
    if (!known) trials.push_back(read(found.trial));
  }
  return trials;
}

std::string utc_now() {
  const auto now = std::time(nullptr);
  std::tm utc{};
  char text[32];
  ::gmtime_r(&now, &utc);
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string printable_lines(const std::string& text) {
  std::string result, line;
  for (const char c : text + "\n") {
    if (c != '\n') {
      line += c;
      continue;
    }
    result += (result.empty() ? "" : "\n") + printable(line);
    line.clear();
  }
  return result;
}

}  // namespace assay
