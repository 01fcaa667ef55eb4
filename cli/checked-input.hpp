// What `assay check` and `assay convert` read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker/carried.hpp"
#include "checker/history/foreign.hpp"
#include "checker/history/id-list.hpp"

namespace assay {

struct CheckedFile {
  std::string name;  // as it was given
  std::string as;    // "history", "sent", "received", "attempted"
  ListRead read;     // of a list
};

struct CheckedInput {
  std::vector<CheckedFile> files;
  ForeignHistory history;
  Carried carried;
  bool lists = false;  // ids only; otherwise JSON lines

  std::vector<std::string> names() const;  // of the files
};

CheckedInput read_histories(const std::vector<std::string>& paths);

struct ListPaths {
  std::vector<std::string> sent, received, attempted;
  std::string column;  // empty: an id a line
};
CheckedInput read_lists(const ListPaths& paths);

// UsageError, which begins with the command, unless a file can be opened there.
void must_be_a_file(const std::string& command, const std::string& path);

}  // namespace assay
