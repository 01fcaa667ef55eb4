#include "checker/history/files.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace assay {
namespace {

std::string reason() { return std::generic_category().message(errno); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

// Removes the temporary file unless it has got its name.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void rename_to(const std::filesystem::path& name) {
    if (::rename(path_.c_str(), name.c_str()) != 0)
      throw std::system_error(errno, std::generic_category(), "name " + name.string());
    path_.clear();
  }

 private:
  std::filesystem::path path_;
};

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::system_error(errno, std::generic_category(), "write " + path.string());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string read_whole_file(const std::filesystem::path& path) {
  // Not blocking: a name that turns out to be a pipe must not hang.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) damaged(path, "open: " + reason());
  if (!S_ISREG(status.st_mode)) damaged(path, "it is not a file");

  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) damaged(path, "read: " + reason());
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

void write_whole_file(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT)
    throw std::system_error(errno, std::generic_category(), "replace " + temporary.string());
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) throw std::system_error(errno, std::generic_category(), "create " + temporary.string());

  TemporaryFile unnamed(temporary);
  write_all(file.get(), bytes, temporary);
  unnamed.rename_to(path);
}

std::string sha256_of(std::string_view bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not to be had from OpenSSL");

  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text.push_back(digits[hash[i] >> 4]);
    text.push_back(digits[hash[i] & 15]);
  }
  return text;
}

void damaged(const std::filesystem::path& path, const std::string& what) {
  throw DamagedHistory("damaged history " + path.string() + ": " + what);
}

void damaged_at_offset(const std::filesystem::path& path, std::uint64_t offset, const std::string& what) {
  damaged(path, "at offset " + std::to_string(offset) + ": " + what);
}

void damaged_at_line(const std::filesystem::path& path, std::size_t line, const std::string& what) {
  damaged(path, "line " + std::to_string(line) + ": " + what);
}

}  // namespace assay
