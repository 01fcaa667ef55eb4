// What people see on the terminal: pure functions of the report, and the
// progress line on stderr.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

namespace assay {

struct Look {
  bool colour = false;
  bool utf8 = true;
  int columns = 88;
};

// Colour only on a terminal without NO_COLOR; UTF-8 by the locale.
Look look_of(int descriptor);

// Brief: the first cause in full, one line for each other, windows folded. Whole:
// all of them, however long that is.
enum class Extent : std::uint8_t { brief, whole };

// The result, brief at most 40 lines, and 88 columns. Ends with `reproduce` when violated.
std::string result_text(const nlohmann::ordered_json& report, const Look& look, Extent extent = Extent::brief);

// The verdict line, and `reproduce` when violated.
std::string quiet_text(const nlohmann::ordered_json& report, const Look& look);

// One line per profile of a suite, for several profiles in one call.
std::string suite_line(const nlohmann::ordered_json& report, const Look& look);

// What a verdict rests on: clauses with their floors, windows, what was not
// tested, what would settle an inconclusive clause.
std::string explain_verdict(const nlohmann::ordered_json& report, const Look& look, Extent extent = Extent::brief);

// Text from outside (ids, server logs) made safe to print: no control characters.
std::string printable(const std::string& foreign);

enum class ProgressStyle : std::uint8_t { automatic, plain, none };

// One line on stderr, rewritten at most ten times a second, only on a terminal.
// Plain: a line of its own every 30 seconds, also into a file: some CI systems
// end a job that is silent.
class Progress {
 public:
  explicit Progress(ProgressStyle style, std::chrono::milliseconds between_plain_lines = std::chrono::seconds(30));
  ~Progress();  // clears the line
  void show(const std::string& line);
  void show(const std::function<std::string(const Look&)>& line);  // made only when its time has come
  void clear();
  bool plain() const { return style_ == ProgressStyle::plain; }

 private:
  ProgressStyle style_;
  std::chrono::milliseconds between_;
  bool shown_ = false;
  bool said_ = false;  // a plain line, which stays
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace assay
