#pragma once

#include <filesystem>

#include <sys/types.h>

namespace assay {

// A directory that we made, known by more than its name.
class Scratch {
 public:
  static Scratch make(const std::filesystem::path& place);  // mode 0700
  static Scratch made_by_janitor(const std::filesystem::path& directory);

  const std::filesystem::path& directory() const { return directory_; }

  // Does nothing if something else has taken its place.
  void remove() const noexcept;

 private:
  explicit Scratch(std::filesystem::path directory);

  std::filesystem::path directory_;
  dev_t device_{};
  ino_t inode_{};
};

}  // namespace assay
