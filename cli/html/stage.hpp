// The half of a diagram that one run takes: its lanes, and where their lines
// and heads are. Shapes have their colours as attributes, so that they can be
// seen where a viewer drops the style.
#pragma once

#include "cli/html/lives.hpp"
#include "cli/html/markup.hpp"

namespace assay::html {

// The light theme's, as in page.css.
namespace ink {
constexpr const char *dark = "#16191d", *muted = "#5a626c", *hair = "#c9ced5", *bad = "#b03a06", *good = "#0a5fa4",
                     *band = "#fff3e2", *paper = "#ffffff";
}

constexpr double row_height = 30, head_height = 78;

enum class Tone : std::uint8_t { plain, bad, good };
const char* colour_of(Tone tone);
const char* name_of(Tone tone);  // of its class; "" for plain

class Stage {
 public:
  Stage(double left, double right, std::vector<Life> lives);

  // Nothing for a lane that found no room.
  std::optional<double> x_of(const Lane& lane) const;
  double left() const { return left_; }
  double right() const { return right_; }
  double middle() const { return left_ + step_ * static_cast<double>(lives_.size()) / 2; }  // of its lanes

  Markup heads(const std::string& title, const std::string& system) const;
  Markup lines() const;

 private:
  double left_, right_, step_;
  std::vector<Life> lives_;
};

double y_of(int row);

Markup line(double x1, double y1, double x2, double y2, const Attributes& look);

// As much of the words as has room, for people.
std::string within(const std::string& words, double room);

// Where words stand that are cut and moved so as not to leave the stage. The
// anchor is an SVG's: start, middle, end.
struct Placing {
  std::string words;
  double x = 0, right = 0;
};
Placing placing_of(const Stage& stage, double x, const std::string& words, const char* anchor);
Markup label(const Stage& stage, double x, double y, const std::string& words, const char* anchor, Tone tone);
Markup arrow(double from, double to, double y, bool dashed, Tone tone);
Markup square(double x, double y, Tone tone);
Markup empty_square(double x, double y);
Markup cross(double x, double y);
Markup bars(double x, double y);  // of a pause
Markup ring(double x, double y);
Markup dot(double x, double y, Tone tone);
// From the lane at x to an upright bar and back.
Markup bracket(double x, double bar, double from, double to, const std::string& words);

}  // namespace assay::html
