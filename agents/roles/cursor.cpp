#include "agents/roles/cursor.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace assay {
namespace {

std::system_error failed(const std::string& action, const std::filesystem::path& path) {
  return std::system_error(errno, std::generic_category(), action + " cursor " + path.string());
}

}  // namespace

Cursor::Cursor(const std::filesystem::path& path)
    : path_(path), file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (!file_) throw failed("open", path_);
}

std::int64_t Cursor::read() const {
  std::int64_t done = 0;
  const ssize_t bytes = ::pread(file_.get(), &done, sizeof done, 0);
  if (bytes < 0) throw failed("read", path_);
  if (bytes != 0 && bytes != sizeof done) throw std::runtime_error("read cursor " + path_.string() + ": cut short");
  return done;
}

void Cursor::save(std::int64_t done) {
  if (::pwrite(file_.get(), &done, sizeof done, 0) != sizeof done) throw failed("write", path_);
}

}  // namespace assay
