#include "agents/os/file-watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace assay {

FileWatch::FileWatch() : events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!events_) throw std::system_error(errno, std::generic_category(), "watch files");
}

void FileWatch::add(const std::filesystem::path& file) {
  if (::inotify_add_watch(events_.get(), file.c_str(), IN_MODIFY) < 0)
    throw std::system_error(errno, std::generic_category(), "watch " + file.string());
}

void FileWatch::clear() {
  std::array<char, 4096> events{};
  while (::read(events_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace assay
