#include "checker/history/line-source.hpp"

#include "checker/history/files.hpp"

namespace assay {
namespace {

constexpr std::size_t longest_line_bytes = 1024 * 1024;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

void LineSource::refuse(const std::string& what) const { damaged_at_line(bytes_.name(), number_, what); }

bool LineSource::next(std::string_view& line) {
  if (!raw_line(line)) return false;
  if (line.find('\0') != std::string_view::npos)
    refuse("it holds a zero byte; expected text in UTF-8 (for UTF-16: iconv -f UTF-16 -t UTF-8)");
  if (number_ == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  return true;
}

bool LineSource::raw_line(std::string_view& line) {
  ++number_;
  carried_.clear();
  for (;;) {
    const auto end = rest_.find('\n');
    if (end != std::string_view::npos) {
      line = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      ended_ = true;
      if (!carried_.empty()) line = carried_.append(line);
      return true;
    }
    carried_.append(rest_);
    if (carried_.size() > longest_line_bytes) refuse("it has more than 1,048,576 bytes; expected a text file of short lines");
    rest_ = bytes_.next();
    if (!rest_.empty()) continue;
    ended_ = false;
    line = carried_;
    if (carried_.empty()) --number_;
    return !carried_.empty();
  }
}

}  // namespace assay
