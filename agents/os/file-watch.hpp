// Tells when files grow: a descriptor that is readable once any of them was
// written to. inotify(7).
#pragma once

#include <filesystem>

#include "agents/os/descriptor.hpp"

namespace assay {

class FileWatch {
 public:
  FileWatch();  // throws std::system_error

  void add(const std::filesystem::path& file);  // throws std::system_error
  int descriptor() const { return events_.get(); }
  void clear();  // not readable any more

 private:
  Descriptor events_;
};

}  // namespace assay
