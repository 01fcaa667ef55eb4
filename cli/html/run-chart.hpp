// The run over time as SVG: rates and messages in flight, phases as bands,
// faults as bands or ticks.
#pragma once

#include <string>
#include <vector>

#include "cli/fields.hpp"
#include "cli/html/markup.hpp"

namespace assay::html {

// What a report says of the run over time. Nothing was told: empty().
class Course {
 public:
  explicit Course(const Json& report);

  bool empty() const { return slices_ == 0; }
  std::size_t slices() const { return slices_; }
  double slice_seconds() const { return slice_seconds_; }
  double seconds() const { return slice_seconds_ * static_cast<double>(slices_); }
  const Json& phases() const { return list_in(report_, "phases"); }
  const Json& strikes() const { return list_in(field(report_, "faults"), "struck"); }

  // One of the series, as many values as there are slices.
  std::vector<double> values(const char* series) const;
  std::vector<double> per_second(const char* series) const;

 private:
  const Json& report_;
  std::size_t slices_ = 0;
  double slice_seconds_ = 0;
};

// `words` say the same to whoever cannot see it.
Markup run_chart(const Course& course, const std::string& words, bool with_faults);

}  // namespace assay::html
