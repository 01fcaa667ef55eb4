// What a person sees: the built assay on terminals of several widths, in a pipe,
// without colour and without UTF-8.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/text.hpp"
#include "tests/files.hpp"
#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

using Environment = std::map<std::string, std::string>;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Environment person(Environment more = {}) {
  more.insert({{"TERM", "xterm-256color"}, {"LC_ALL", "C.UTF-8"}, {"NO_COLOR", ""}});
  return more;
}

class Terminal {
 public:
  explicit Terminal(int columns) {
    const winsize size{.ws_row = 50, .ws_col = static_cast<unsigned short>(columns), .ws_xpixel = 0, .ws_ypixel = 0};
    int master = -1, slave = -1;
    std::string name(64, '\0');
    REQUIRE(::openpty(&master, &slave, name.data(), nullptr, &size) == 0);
    name_ = name.c_str();
    master_ = Descriptor(master);
    slave_ = Descriptor(slave);
  }

  // Runs assay with stdout and stderr here; all that came out. The slave stays
  // open on our side, so that nothing is lost when the program ends.
  std::string assay(const Bench& bench, std::vector<std::string> arguments, const Environment& environment) {
    arguments.insert(arguments.begin(), assay_program().string());
    auto child = ChildProcess::spawn({.argv = arguments, .environment = environment, .directory = bench.directory(), .output = name_});
    const auto deadline = Deadline::in(std::chrono::minutes(1));
    std::string text;
    while (true) {
      child.poll();
      const bool ended = child.end().has_value();
      while (readable()) text += piece();
      if (ended) return text;
      if (deadline.passed()) FAIL("assay did not end");
      pollfd either[2] = {{master_.get(), POLLIN, 0}, {child.descriptor(), POLLIN, 0}};
      ::poll(either, 2, 1000);
    }
  }

 private:
  bool readable() const {
    pollfd ready{master_.get(), POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0;
  }

  std::string piece() const {
    char bytes[4096];
    const auto got = ::read(master_.get(), bytes, sizeof bytes);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : "";
  }

  std::string name_;
  Descriptor master_, slave_;
};

// Without colours, and with what was cleared taken away: what stands there in the end.
std::vector<std::string> screen(const std::string& text) {
  std::vector<std::string> lines{""};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') continue;
    if (text[i] == '\n') lines.emplace_back();
    else if (text.compare(i, 3, "\x1b[K") == 0) lines.back().clear(), i += 2;
    else if (text[i] == '\x1b') i = text.find('m', i);
    else lines.back() += text[i];
  }
  lines.pop_back();
  return lines;
}

// A run that is violated, made once.
struct Found {
  Bench bench;
  Json report;
  Found() { REQUIRE(bench.run({profile("embedded/at-least-once"), "--claim", "exactly-once", "--only", "kill:consumer-0@consumer-0:C.effect_before_ack#1", "--set", "workload.messages=5"}, report).code == 1); }
};

const Found& found() {
  static const Found made;
  return made;
}

bool is_printable(const std::string& line) { return printable(line) == line; }
bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

}  // namespace

TEST_CASE("a result keeps the width of its terminal, with lanes where they find a place") {
  for (const int columns : {60, 80, 120}) {
    CAPTURE(columns);
    const auto text = Terminal(columns).assay(found().bench, {"check", "r.d"}, person());
    const auto lines = screen(text);
    CHECK(contains(text, "\x1b[1;38;5;202m"));
    CHECK(std::any_of(lines.begin(), lines.end(), [](const auto& line) { return contains(line, "✗ kill at C.effect_before_ack"); }));
    CHECK(lines.size() <= 41);  // and what check says of the stored judgement
    for (const auto& line : lines) {
      CAPTURE(line);
      CHECK(is_printable(line));
      const bool whole = line.starts_with("  reproduce") || line.starts_with("check ");
      if (!whole) CHECK(columns_of(line) <= std::min(columns, 88));
    }
    const bool lanes = std::any_of(lines.begin(), lines.end(), [](const auto& line) { return contains(line, "#2 restarted"); });
    CHECK(lanes == (columns >= 80));
  }
}

TEST_CASE("a pipe gets no escape and no progress, NO_COLOR no colour, the C locale ASCII alone") {
  const auto piped = found().bench.assay({"check", "r.d"}, person());
  CHECK_FALSE(contains(piped.output + piped.errors, "\x1b"));
  CHECK(contains(piped.output, "●─"));

  const auto plain = Terminal(88).assay(found().bench, {"check", "r.d"}, person({{"NO_COLOR", "1"}}));
  CHECK_FALSE(contains(plain, "\x1b"));
  CHECK(contains(plain, "●─"));

  const auto ascii = found().bench.assay({"check", "r.d"}, person({{"LC_ALL", "C"}}));
  CHECK(is_ascii(ascii.output));
  CHECK(contains(ascii.output, "x kill at C.effect_before_ack"));
  CHECK(contains(ascii.output, "*--"));
}

TEST_CASE("progress is a line that is rewritten, and gone before the result") {
  const Bench bench;
  const std::vector<std::string> run{"run", profile("embedded/at-least-once"), "--claim", "exactly-once", "--faults", "directed", "--set", "workload.messages=10"};
  for (const int columns : {60, 120}) {
    const auto text = Terminal(columns).assay(bench, run, person({{"NO_COLOR", "1"}}));
    const auto result = text.rfind("\x1b[K");
    REQUIRE(result != std::string::npos);
    const std::string before = text.substr(0, result), after = text.substr(result + 3);
    CHECK(contains(before, " landed"));
    CHECK(contains(before, "no-dup violated"));
    CHECK((contains(before, "━") || columns == 60));
    CHECK_FALSE(contains(before, "\n"));
    CHECK(after.starts_with("  embedded "));  // at the margin of a cleared line
    CHECK(contains(after, "violated: no-dup @ committed"));
    CHECK_FALSE(contains(after, "\x1b"));
    std::istringstream rewritten(before);
    for (std::string line; std::getline(rewritten, line, '\r');) CHECK(columns_of(line.starts_with("\x1b[K") ? line.substr(3) : line) < columns);
  }
  const auto piped = bench.assay(run, person());
  CHECK(piped.errors == "");
  CHECK_FALSE(contains(piped.output, "\x1b"));
}

TEST_CASE("hostile ids stay words, whatever they would do to a terminal") {
  const Bench bench;
  bench.write("hostile.json", contents(ASSAY_SOURCE_DIR "/tests/golden/older-hostile/report.json"));
  for (const int columns : {60, 80, 120}) {
    const auto text = Terminal(columns).assay(bench, {"explain", "hostile.json", "--all"}, person({{"NO_COLOR", "1"}}));
    CHECK(contains(text, "violated"));
    for (const char* bad : {"\x1b", "\x07", "\xe2\x80\xae", "\xc2\x9b", "\xef\xbb\xbf"}) CHECK_FALSE(contains(text, bad));
  }
}
