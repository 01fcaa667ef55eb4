// HTML and SVG, as much of it as the page needs. Markup can only be made from
// elements and from text that was made safe to show, so whatever a report holds
// stays in its place. What comes out is well-formed XML, too.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace assay::html {

class Markup {
 public:
  Markup() = default;

  bool empty() const { return bytes_.empty(); }
  const std::string& bytes() const { return bytes_; }
  Markup& operator+=(const Markup& more);

 private:
  explicit Markup(std::string bytes) : bytes_(std::move(bytes)) {}
  friend Markup whole(const std::string& foreign);
  friend Markup element(const char* name, const std::vector<std::pair<const char*, std::string>>& attributes,
                        const Markup& inside);
  friend Markup leaf(const char* name, const std::vector<std::pair<const char*, std::string>>& attributes);
  friend Markup our_own(const char* file);

  std::string bytes_;
};

Markup operator+(Markup first, const Markup& second);

// An attribute without a value is left out. None is a style or a script: the
// page's policy would refuse it.
using Attributes = std::vector<std::pair<const char*, std::string>>;

Markup element(const char* name, const Attributes& attributes, const Markup& inside);
Markup element(const char* name, const Attributes& attributes, const std::string& foreign);  // as text() has it
Markup leaf(const char* name, const Attributes& attributes);  // one that has nothing inside, as meta and rect

constexpr int text_columns = 300;

// Foreign text: made printable, and cut where it goes on and on.
Markup text(const std::string& foreign, int columns = text_columns);

// The same, never cut: what is meant to be copied.
Markup whole(const std::string& foreign);

// Bytes of ours as they are: our style and our script.
Markup our_own(const char* file);

// "3.5", for coordinates.
std::string at(double coordinate);

}  // namespace assay::html
