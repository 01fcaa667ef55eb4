#include "cli/scratch.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <tuple>

#include <sys/stat.h>
#include <unistd.h>

namespace assay {

Scratch Scratch::make(const std::filesystem::path& place) {
  std::string name = place / "assay-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "make a scratch directory in " + place.string());
  }
  return Scratch(name);
}

Scratch Scratch::made_by_janitor(const std::filesystem::path& directory) { return Scratch(directory); }

Scratch::Scratch(std::filesystem::path directory) : directory_(std::move(directory)) {
  struct stat about {};
  lstat(directory_.c_str(), &about);
  std::tie(device_, inode_) = std::tie(about.st_dev, about.st_ino);
}

void Scratch::remove() const noexcept {
  struct stat about {};
  if (lstat(directory_.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) return;
  if (about.st_dev != device_ || about.st_ino != inode_ || about.st_uid != geteuid()) return;
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);  // follows no symbolic link
}

}  // namespace assay
