#include "cli/judged-run.hpp"

#include <ctime>
#include <set>

#include "cli/passing.hpp"
#include "cli/terminal.hpp"

namespace assay {

std::vector<Trial> trials_told_of(const Weighing& weighing, const std::vector<Judgement>& judgements,
                                  const std::function<Trial(std::int64_t)>& read) {
  std::set<std::int64_t> numbers;
  for (const auto& found : weighing.found) numbers.insert(found.trial);
  if (const auto passing = passing_trial(judgements); passing > 0 && !numbers.empty()) numbers.insert(passing);
  std::vector<Trial> trials;
  for (const auto number : numbers) trials.push_back(read(number));
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
