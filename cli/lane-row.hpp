// One row of a diagram on the terminal: pieces of text at their columns.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/page.hpp"

namespace assay {

// The signs that lanes are drawn with; without UTF-8 they are ASCII.
struct Signs {
  std::string lane, paused, event, killed, stopped, begun, fact, missing, line, reply, right, left, folded;
};
const Signs& signs_for(const Look& look);

class LaneRow {
 public:
  LaneRow(std::string time, const Look& look) : time_(std::move(time)), look_(look) {}

  // A lane that runs through; what is drawn over it hides it.
  void bar(int column, const std::string& sign);

  // From one lane to another, with the longest of these words that fits between.
  void arrow(int from, int to, bool reply, const std::vector<std::string>& words);

  // A sign in a lane and words beside it, on the side where they have room; of what
  // has no lane the words alone.
  void mark(int column, const std::string& sign, const std::string& words);

  Line line(Paint paint) const;

 private:
  void put(int column, const std::string& text);

  std::string time_;
  const Look& look_;
  std::map<int, std::string> bars_, pieces_;
};

}  // namespace assay
