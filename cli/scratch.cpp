#include "cli/scratch.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace assay {
namespace {

// Not "assay-run-", which a run is kept under.
constexpr std::string_view prefix = "assay-scratch-";
constexpr std::string_view pattern = "XXXXXX";

bool bears_our_name(const std::string& name) {
  return name.size() == prefix.size() + pattern.size() && name.starts_with(prefix) &&
         std::all_of(name.begin() + prefix.size(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

// Everyone who can open a file there is on this kernel, and so are their locks.
bool locks_are_seen_by_all(const std::filesystem::path& place) {
  constexpr std::uint32_t zfs = 0x2fc12fc1;
  constexpr std::array<std::uint32_t, 7> local{
      TMPFS_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, zfs};
  struct statfs about {};
  return statfs(place.c_str(), &about) == 0 &&
         std::find(local.begin(), local.end(), static_cast<std::uint32_t>(about.f_type)) != local.end();
}

bool is_private_directory(const struct stat& about) {
  return S_ISDIR(about.st_mode) && about.st_uid == geteuid() && (about.st_mode & 0777) == 0700;
}

// Empty when another has it, or had it and removed the directory before we were
// let in: a lock on what no longer has this name is worth nothing.
Descriptor lock_of(const std::filesystem::path& directory) {
  Descriptor lock(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat locked {};
  struct stat named {};
  const bool ours = lock && fstat(lock.get(), &locked) == 0 && is_private_directory(locked) &&
                    flock(lock.get(), LOCK_EX | LOCK_NB) == 0 && lstat(directory.c_str(), &named) == 0 &&
                    std::tie(locked.st_dev, locked.st_ino) == std::tie(named.st_dev, named.st_ino);
  return ours ? std::move(lock) : Descriptor();
}

}  // namespace

Scratch Scratch::make(const std::filesystem::path& place) {
  // Until it is locked a directory may be taken for abandoned. Then we make another.
  constexpr int attempts = 100;
  for (int attempt = 1;; ++attempt) {
    std::string name = place / (std::string(prefix) + std::string(pattern));
    if (mkdtemp(name.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), "make a scratch directory in " + place.string());
    if (!locks_are_seen_by_all(place)) return Scratch(name, Descriptor());
    if (auto lock = lock_of(name)) return Scratch(name, std::move(lock));
    const int reason = errno;
    rmdir(name.c_str());
    if (attempt == attempts)
      throw std::system_error(reason, std::generic_category(), "lock the scratch directory " + name);
  }
}

Scratch Scratch::made_by_janitor(const std::filesystem::path& directory) { return Scratch(directory, Descriptor()); }

Scratch::Scratch(std::filesystem::path directory, Descriptor lock)
    : directory_(std::move(directory)), lock_(std::move(lock)) {
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

void remove_abandoned(const std::filesystem::path& place) {
  if (!locks_are_seen_by_all(place)) return;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(place, error), end; !error && entry != end; entry.increment(error)) {
    if (!bears_our_name(entry->path().filename())) continue;
    if (const auto lock = lock_of(entry->path())) {
      std::error_code ignored;
      std::filesystem::remove_all(entry->path(), ignored);  // follows no symbolic link
    }
  }
}

}  // namespace assay
