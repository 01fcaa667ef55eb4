#include <algorithm>

#include "cli/html/run-chart.hpp"
#include "cli/html/sections.hpp"
#include "cli/text.hpp"

namespace assay::html {
namespace {

struct Sums {
  std::string name;
  double from = 0, to = 0;
  std::int64_t effects = 0, acked = 0, redelivered = 0, duplicated = 0, faults = 0, landed = 0;
};

// Slices belong to the phase that their middle is in.
Sums sums_between(const Course& course, const std::string& name, double from, double to) {
  Sums sums{.name = name, .from = from, .to = to};
  const auto effects = course.values("effects"), acked = course.values("acked"), redelivered = course.values("redelivered"),
             duplicated = course.values("duplicated");
  for (std::size_t i = 0; i < course.slices(); ++i) {
    const double middle = course.slice_seconds() * (static_cast<double>(i) + 0.5);
    if (middle < from || middle >= to) continue;
    sums.effects += static_cast<std::int64_t>(effects[i]), sums.acked += static_cast<std::int64_t>(acked[i]);
    sums.redelivered += static_cast<std::int64_t>(redelivered[i]), sums.duplicated += static_cast<std::int64_t>(duplicated[i]);
  }
  for (const auto& strike : course.strikes()) {
    const double struck = decimal_in(strike, "at_ns") / 1e9;
    if (struck < from || struck >= to) continue;
    ++sums.faults;
    sums.landed += flag_in(strike, "landed");
  }
  return sums;
}

std::vector<Sums> sums_of(const Course& course) {
  std::vector<Sums> all;
  for (const auto& phase : course.phases())
    all.push_back(sums_between(course, text_in(phase, "name"), decimal_in(phase, "from_ns") / 1e9, decimal_in(phase, "to_ns") / 1e9));
  return all;
}

std::string story_of(const Course& course) {
  const Sums whole = sums_between(course, "", 0, course.seconds() + 1);
  const bool effects = whole.effects > 0;
  std::string words = fixed(course.seconds(), course.seconds() < 10 ? 2 : 1) + " s: " +
                      (effects ? counted(whole.effects, "effect") : grouped(whole.acked) + " acknowledged sends");
  if (whole.faults > 0) words += ", " + grouped(whole.landed) + " of " + counted(whole.faults, "fault") + " landed";
  if (whole.redelivered > 0) words += ", " + grouped(whole.redelivered) + (whole.redelivered == 1 ? " delivery was a repeat" : " deliveries were repeats");
  if (whole.duplicated > 0) words += ", " + grouped(whole.duplicated) + (whole.duplicated == 1 ? " effect was one too many" : " effects were one too many");
  return words + ".";
}

Markup as_table(const Part& part, const Course& course) {
  Markup rows;
  for (const auto& sums : sums_of(course)) {
    Markup row = element("th", {{"scope", "row"}}, part.line(sums.name));
    for (const double time : {sums.from, sums.to}) row += element("td", {{"class", "number"}}, fixed(time, 2));
    for (const auto count : {sums.acked, sums.effects, sums.redelivered, sums.duplicated, sums.landed, sums.faults})
      row += element("td", {{"class", "number"}}, grouped(count));
    rows += element("tr", {}, row);
  }
  if (rows.empty()) return {};
  return element("details", {},
                 element("summary", {}, "the same as a table") +
                     table("phases", "the run by its phases",
                           {"trials of", "from s", "to s", "acknowledged", "effects", "redelivered", "duplicated", "faults landed",
                            "faults struck"},
                           rows));
}

}  // namespace

Markup run_section(const Part& part) {
  const Course course(part.report);
  if (course.empty() || !part.detail.pictures) return {};
  const std::string words = story_of(course);
  return element("section", {{"id", part.id("run")}, {"class", "run"}},
                 part.heading(2, part.of_a_history() ? "The history" : "The run") +
                     element("p", {{"class", "sub reading"}}, words) +
                     element("div", {{"class", "wide"}}, run_chart(course, words, part.detail.ticks)) + as_table(part, course));
}

}  // namespace assay::html
