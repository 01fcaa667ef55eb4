// A producer's durable cursor: how many of its messages are done, counted from
// the first without a gap. Eight bytes in a file; it survives the SIGKILL of
// the producer and is read by its next incarnation. A paused incarnation and
// its successor share it, so the file and nothing in memory is the truth.
#pragma once

#include <cstdint>
#include <filesystem>

#include "agents/os/descriptor.hpp"

namespace assay {

class Cursor {
 public:
  explicit Cursor(const std::filesystem::path& path);  // created at 0 if it is not there

  std::int64_t read() const;
  void save(std::int64_t done);

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

}  // namespace assay
