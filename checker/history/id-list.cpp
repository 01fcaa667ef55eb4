#include "checker/history/id-list.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "checker/history/line-source.hpp"
#include "checker/history/names.hpp"

namespace assay {
namespace {

void drop_carriage_return(std::string_view& line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
}

// Rows of a CSV file. A quoted value may hold commas, line ends and, doubled,
// quotes.
class CsvRows {
 public:
  explicit CsvRows(LineSource& lines) : lines_(lines) {}

  bool next(std::vector<std::string>& values) {
    std::string_view line;
    if (!lines_.next(line)) return false;
    first_line_ = lines_.number();
    values.clear();
    line_ = line;
    do values.push_back(value());
    while (take(','));
    return true;
  }

  std::uint64_t line() const { return first_line_; }  // on which the row begins

 private:
  bool take(char wanted) {
    if (line_.empty() || line_.front() != wanted) return false;
    line_.remove_prefix(1);
    return true;
  }

  std::string value() {
    if (take('"')) return quoted();
    const auto end = std::min(line_.find(','), line_.size());
    std::string_view text = line_.substr(0, end);
    line_.remove_prefix(end);
    if (line_.empty()) drop_carriage_return(text);
    if (text.find('"') != std::string_view::npos) lines_.refuse("a quote within a value that does not begin with one");
    return std::string(text);
  }

  std::string quoted() {
    std::string text;
    for (;;) {
      const auto end = line_.find('"');
      if (end == std::string_view::npos) {
        text.append(line_).append("\n");
        go_on();
        continue;
      }
      text.append(line_.substr(0, end));
      line_.remove_prefix(end + 1);
      if (take('"')) {
        text += '"';
        continue;
      }
      if (line_ == "\r") line_ = {};
      if (!line_.empty() && line_.front() != ',') lines_.refuse("a comma or the end of the line is due behind a closing quote");
      return text;
    }
  }

  void go_on() {
    if (!lines_.next(line_)) lines_.refuse("a quote of the row on line " + std::to_string(first_line_) + " is never closed");
  }

  LineSource& lines_;
  std::string_view line_;
  std::uint64_t first_line_ = 0;
};

std::size_t column_in(const LineSource& lines, const std::vector<std::string>& header, const std::string& column) {
  const auto found = std::find(header.begin(), header.end(), column);
  if (found == header.end()) {
    std::string known;
    for (const auto& one : header) known += (known.empty() ? "" : ", ") + one;
    const auto near = nearest_name(column, header);
    lines.refuse("no column is called \"" + column + "\"; the header has " + known +
                 (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  if (std::find(found + 1, header.end(), column) != header.end()) lines.refuse("two columns are called \"" + column + '"');
  return static_cast<std::size_t>(found - header.begin());
}

ListRead read_csv(LineSource& lines, const std::string& column, const TakeId& take) {
  CsvRows rows(lines);
  std::vector<std::string> row;
  if (!rows.next(row)) lines.refuse("the file is empty; expected a header row with the column \"" + column + '"');
  const auto place = column_in(lines, row, column);
  const auto columns = row.size();
  ListRead read;
  while (rows.next(row)) {
    const bool blank = row.size() == 1 && row.front().empty();
    if (!blank && row.size() != columns)
      lines.refuse("the row has " + std::to_string(row.size()) + " values and the header " + std::to_string(columns));
    if (blank || row[place].empty()) {
      ++read.empty;
      continue;
    }
    ++read.ids;
    take(row[place], rows.line());
  }
  return read;
}

}  // namespace

ListRead read_ids(const std::string& path, const std::string& column, const TakeId& take) {
  LineSource lines(path);
  if (!column.empty()) return read_csv(lines, column, take);
  ListRead read;
  for (std::string_view line; lines.next(line);) {
    drop_carriage_return(line);
    // Every line of such a file would be an id of its own, and all of them lost.
    if (read.ids == 0 && line.starts_with("{\""))
      lines.refuse("this looks like JSON lines, not like a list of ids; JSON lines are given without --sent and --received");
    if (line.empty()) {
      ++read.empty;
      continue;
    }
    ++read.ids;
    take(line, lines.number());
  }
  return read;
}

}  // namespace assay
