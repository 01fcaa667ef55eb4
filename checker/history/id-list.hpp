// A list of ids in a file: one a line, or a column of a CSV file (RFC 4180).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace assay {

// What was in a list beside its ids.
struct ListRead {
  std::uint64_t ids = 0;
  std::uint64_t empty = 0;  // lines, or rows without a value in the column; passed over

  bool operator==(const ListRead&) const = default;
};

using TakeId = std::function<void(std::string_view id, std::uint64_t line)>;

// `column` empty: an id a line. A carriage return at a line's end is no part of
// it. DamagedHistory names file and line of what is no list, and the columns
// that there are.
ListRead read_ids(const std::string& path, const std::string& column, const TakeId& take);

}  // namespace assay
