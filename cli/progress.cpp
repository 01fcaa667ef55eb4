#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::chrono::milliseconds between_lines{100};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool clever_terminal(int descriptor) {
  const std::string terminal = environment("TERM");
  return isatty(descriptor) == 1 && !terminal.empty() && terminal != "dumb";
}

// The first of the three that is set decides, as for setlocale.
bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale = environment(name);
    if (locale.empty()) continue;
    std::transform(locale.begin(), locale.end(), locale.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

int columns_of_terminal(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return Look{}.columns;
  return std::min<int>(size.ws_col, Look{}.columns);
}

// What stderr refuses is not worth a failed run.
void put(const std::string& text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

}  // namespace

Look look_of(int descriptor) {
  return {.colour = clever_terminal(descriptor) && environment("NO_COLOR").empty(),
          .utf8 = utf8_locale(),
          .columns = columns_of_terminal(descriptor)};
}

Progress::Progress(ProgressStyle style, std::chrono::milliseconds between_plain_lines)
    : style_(style), between_(style == ProgressStyle::plain ? between_plain_lines : between_lines) {
  if (style == ProgressStyle::automatic && !clever_terminal(STDERR_FILENO)) style_ = ProgressStyle::none;
}

Progress::~Progress() { clear(); }

void Progress::show(const std::string& line) {
  show([&](const Look&) { return line; });
}

void Progress::show(const std::function<std::string(const Look&)>& line) {
  const auto now = std::chrono::steady_clock::now();
  if (style_ == ProgressStyle::none || ((shown_ || said_) && now - last_ < between_)) return;
  const Look look = look_of(STDERR_FILENO);
  const std::string text = shown(line(look), look);
  if (plain()) put(text + "\n");
  else put("\r\x1b[K" + cut(text, look.columns - 1, look));
  (plain() ? said_ : shown_) = true;
  last_ = now;
}

void Progress::clear() {
  if (shown_) put("\r\x1b[K");
  shown_ = false;
}

}  // namespace assay
