#include "cli/html/run-chart.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cli/html/stage.hpp"
#include "cli/text.hpp"

namespace assay::html {
namespace {

constexpr double chart_left = 112, chart_right = 1152, row_room = 88, row_depth = 58, chart_top = 22;
constexpr double most_of_anything = 1e12;  // a report may hold any number, and any number of them
constexpr std::size_t most_slices_drawn = 240;
constexpr std::size_t most_fault_bands = 60;  // beyond that ticks: bands would be one

bool any(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return value > 0; });
}

// One of these times a power of ten, at least the value.
double round_up(double value, std::initializer_list<double> steps) {
  const double ten = std::pow(10.0, std::floor(std::log10(std::max(value, 1e-9))));
  for (const double step : steps)
    if (value <= ten * step * 1.0000001) return ten * step;
  return ten * 10;
}

std::string plain(double value) {
  if (value >= 10 || value == std::floor(value)) return grouped(static_cast<std::int64_t>(std::llround(value)));
  return fixed(value, value < 1 ? 2 : 1);
}

Markup words_at(double x, double y, const char* look, const char* anchor, const std::string& words, const char* size = "11.5") {
  return element("text", {{"x", at(x)}, {"y", at(y)}, {"class", look}, {"text-anchor", anchor}, {"font-size", size}, {"fill", ink::muted}},
                 words);
}

class Drawing {
 public:
  Drawing(const Course& course, bool with_faults) : course_(course), with_faults_(with_faults) {
    const bool effects = any(course.values("effects"));
    if (effects) rows_.push_back(Row::effects);
    else if (any(course.values("acked"))) rows_.push_back(Row::acked);
    if (any(course.values("in_flight"))) rows_.push_back(Row::in_flight);
    if (any(course.values("redelivered")) || any(course.values("duplicated"))) rows_.push_back(Row::redelivered);
  }

  Markup draw(const std::string& words) {
    Markup inside = phases() + fault_bands();
    for (std::size_t i = 0; i < rows_.size(); ++i) inside += row(rows_[i], chart_top + row_room * static_cast<double>(i + 1) - 14);
    inside += ticks() + axis();
    inside += line(0, chart_top, 0, bottom(), {{"class", "at"}, {"stroke", ink::muted}, {"visibility", "hidden"}});
    const std::string height = at(bottom() + 44);
    return element("svg",
                   {{"xmlns", "http://www.w3.org/2000/svg"},
                    {"class", "chart"},
                    {"viewBox", "0 0 1160 " + height},
                    {"width", "1160"},
                    {"height", height},
                    {"role", "img"},
                    {"aria-label", words},
                    {"data-left", at(chart_left)},
                    {"data-right", at(chart_right)},
                    {"data-slice", fixed(course_.slice_seconds(), 9)},
                    {"data-effects", numbers("effects")},
                    {"data-in-flight", numbers("in_flight")},
                    {"data-redelivered", numbers("redelivered")},
                    {"data-duplicated", numbers("duplicated")}},
                   inside);
  }

 private:
  enum class Row : std::uint8_t { effects, acked, in_flight, redelivered };

  double bottom() const { return chart_top + row_room * static_cast<double>(rows_.size()); }
  double x_of(double seconds) const { return chart_left + (chart_right - chart_left) * std::clamp(seconds / course_.seconds(), 0.0, 1.0); }
  double x_of_slice(std::size_t index) const { return x_of(course_.slice_seconds() * (static_cast<double>(index) + 0.5)); }

  std::string numbers(const char* series) const {
    std::string list;
    const auto values = course_.values(series);
    if (!any(values)) return list;
    for (const auto value : values) list += (list.empty() ? "" : ",") + (value == std::floor(value) ? fixed(value, 0) : fixed(value, 2));
    return list;
  }

  // Names that would run into the next one are left to the table.
  Markup phases() const {
    Markup all;
    bool shaded = false;
    for (const auto& phase : course_.phases()) {
      const double from = x_of(decimal_in(phase, "from_ns") / 1e9), to = x_of(decimal_in(phase, "to_ns") / 1e9);
      if (shaded)
        all += leaf("rect", {{"class", "phase"}, {"x", at(from)}, {"y", at(chart_top)}, {"width", at(std::max(0.0, to - from))},
                             {"height", at(bottom() - chart_top)}, {"fill", "#f4f5f7"}});
      shaded = !shaded;
      const std::string name = text_in(phase, "name");
      if (to - from > 6.6 * static_cast<double>(name.size()) + 8) all += words_at(from + 4, 14, "phase-name", "start", name);
    }
    return all;
  }

  Markup fault_bands() const {
    Markup all;
    if (!with_faults_ || course_.strikes().size() > most_fault_bands) return all;
    for (const auto& strike : course_.strikes()) {
      const double from = x_of(decimal_in(strike, "at_ns") / 1e9);
      const double to = field(strike, "healed_ns").is_number() ? x_of(decimal_in(strike, "healed_ns") / 1e9) : from;
      all += leaf("rect", {{"class", flag_in(strike, "violating") ? "fault bad" : "fault"}, {"x", at(from)}, {"y", at(chart_top)},
                           {"width", at(std::max(1.0, to - from))}, {"height", at(bottom() - chart_top)},
                           {"fill", flag_in(strike, "violating") ? ink::bad : ink::muted}, {"fill-opacity", ".22"}});
    }
    return all;
  }

  Markup ticks() const {
    if (!with_faults_ || course_.strikes().empty()) return {};
    std::string harmless, harmful;
    for (const auto& strike : course_.strikes())
      (flag_in(strike, "violating") ? harmful : harmless) += "M" + at(x_of(decimal_in(strike, "at_ns") / 1e9)) + " " + at(bottom() + 6) + "v8";
    Markup all = words_at(chart_left - 16, bottom() + 14, "axis", "end", "faults");
    if (!harmless.empty()) all += leaf("path", {{"class", "tick"}, {"d", harmless}, {"stroke", ink::muted}, {"fill", "none"}});
    if (!harmful.empty()) all += leaf("path", {{"class", "tick bad"}, {"d", harmful}, {"stroke", ink::bad}, {"fill", "none"}});
    return all;
  }

  Markup axis() const {
    Markup all;
    const double seconds = course_.seconds(), step = round_up(seconds / 10, {1, 2, 5});
    const auto [unit, name] = seconds < 2e-3 ? std::pair(1e6, " \xC2\xB5s") : seconds < 2 ? std::pair(1e3, " ms") : std::pair(1.0, " s");
    for (int i = 0; step * i <= seconds; ++i) {
      const double x = x_of(step * i);
      all += words_at(x, bottom() + 34, "axis", i == 0 ? "start" : x > chart_right - 24 ? "end" : "middle", plain(step * i * unit) + name);
    }
    return all;
  }

  Markup row(Row kind, double floor) const {
    switch (kind) {
      case Row::effects: return curve(floor, "effects", "per second", course_.per_second("effects"));
      case Row::acked: return curve(floor, "acknowledged", "per second", course_.per_second("acked"));
      case Row::in_flight: return area(floor);
      case Row::redelivered: return bars(floor);
    }
    return {};
  }

  static Markup frame(double floor, const std::string& name, const std::string& unit, double most) {
    return words_at(chart_left - 16, floor - 26, "name", "end", name, "12.5") + words_at(chart_left - 16, floor - 11, "axis", "end", unit) +
           line(chart_left, floor, chart_right, floor, {{"class", "base"}, {"stroke", ink::hair}}) +
           words_at(chart_left - 16, floor - row_depth + 4, "axis", "end", plain(most)) +
           line(chart_left - 11, floor - row_depth, chart_left - 5, floor - row_depth, {{"class", "base"}, {"stroke", ink::hair}});
  }

  static double scale_of(const std::vector<double>& values) { return round_up(*std::max_element(values.begin(), values.end()), {1, 1.5, 2, 3, 4, 5, 6, 8}); }

  std::string path_of(const std::vector<double>& values, double floor, double most) const {
    std::string path;
    for (std::size_t i = 0; i < values.size(); ++i)
      path += (i == 0 ? "M" : "L") + at(x_of_slice(i)) + " " + at(floor - row_depth * values[i] / most);
    return path;
  }

  Markup curve(double floor, const std::string& name, const std::string& unit, const std::vector<double>& values) const {
    const double most = scale_of(values);
    return frame(floor, name, unit, most) +
           leaf("path", {{"class", "line"}, {"d", path_of(values, floor, most)}, {"stroke", ink::dark}, {"fill", "none"}});
  }

  Markup area(double floor) const {
    const auto values = course_.values("in_flight");
    const double most = scale_of(values);
    const std::string path = path_of(values, floor, most), last = at(x_of_slice(values.size() - 1)), first = at(x_of_slice(0));
    return frame(floor, "in flight", "messages", most) +
           leaf("path", {{"class", "area"}, {"d", path + "L" + last + " " + at(floor) + "L" + first + " " + at(floor) + "Z"},
                         {"fill", ink::dark}, {"fill-opacity", ".12"}}) +
           leaf("path", {{"class", "line"}, {"d", path}, {"stroke", ink::dark}, {"fill", "none"}});
  }

  // A repeat is no anomaly: only what took effect once more has the colour.
  Markup bars(double floor) const {
    const auto repeats = course_.per_second("redelivered"), twice = course_.per_second("duplicated");
    const double most = std::max(scale_of(repeats), scale_of(twice));
    const auto bars_of = [&](const std::vector<double>& values) {
      std::string path;
      for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] > 0) path += "M" + at(x_of_slice(i)) + " " + at(floor) + "V" + at(floor - std::max(2.0, row_depth * values[i] / most));
      return path;
    };
    const std::string width = at(std::max(1.5, (chart_right - chart_left) / static_cast<double>(course_.slices()) - 1));
    Markup all = frame(floor, "redelivered", "per second", most);
    if (any(repeats)) all += leaf("path", {{"class", "repeat"}, {"d", bars_of(repeats)}, {"stroke", ink::hair}, {"stroke-width", width}});
    if (any(twice)) all += leaf("path", {{"class", "repeat bad"}, {"d", bars_of(twice)}, {"stroke", ink::bad}, {"stroke-width", width}});
    return all;
  }

  const Course& course_;
  bool with_faults_;
  std::vector<Row> rows_;
};

}  // namespace

Course::Course(const Json& report) : report_(report) {
  const Json& series = field(report, "series");
  if (const double ns = decimal_in(series, "dt_ns"); ns >= 1) slice_seconds_ = std::min(ns, 1e18) / 1e9;
  if (slice_seconds_ > 0) slices_ = std::min<std::size_t>(list_in(series, "in_flight").size(), most_slices_drawn);
}

std::vector<double> Course::values(const char* series) const {
  std::vector<double> all(slices_, 0);
  const Json& list = list_in(field(report_, "series"), series);
  for (std::size_t i = 0; i < std::min(slices_, list.size()); ++i)
    if (list[i].is_number()) all[i] = std::clamp(list[i].get<double>(), 0.0, most_of_anything);
  return all;
}

std::vector<double> Course::per_second(const char* series) const {
  auto all = values(series);
  for (auto& value : all) value /= slice_seconds_;
  return all;
}

Markup run_chart(const Course& course, const std::string& words, bool with_faults) {
  return Drawing(course, with_faults).draw(words);
}

}  // namespace assay::html
