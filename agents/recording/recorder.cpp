#include "agents/recording/recorder.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <limits>
#include <new>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "checker/history/event-codec.hpp"

namespace assay {
namespace {

[[noreturn]] void refuse(const std::string& attempt, const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), attempt + " " + path.string());
}

class OpenFile {
 public:
  OpenFile(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) refuse((flags & O_CREAT) != 0 ? "create recording" : "open recording", path);
  }
  ~OpenFile() { ::close(fd_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

RecordHeader* map(int fd, std::size_t size, const std::filesystem::path& path) {
  void* const address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) refuse("map recording", path);
  return static_cast<RecordHeader*>(address);
}

// What is wrong with this header, or nothing.
const char* fault_of(const RecordHeader& header, std::size_t size) {
  if (std::memcmp(header.magic, record_magic, sizeof record_magic) != 0) return "it does not begin as one";
  if (header.version != record_version) return "it has another version";
  if (header.capacity != size) return "its size is not what its header says";
  return nullptr;
}

}  // namespace

void create_recording(const std::filesystem::path& path, const std::string& process, std::int64_t incarnation,
                      std::int64_t trial, std::uint64_t capacity) {
  if (process.empty() || process.size() >= sizeof RecordHeader::process)
    throw std::invalid_argument("create recording " + path.string() + ": a process name has 1 to 63 bytes, not '" +
                                process + "'");
  if (capacity < record_header_bytes || capacity > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()))
    throw std::invalid_argument("create recording " + path.string() + ": capacity of " + std::to_string(capacity) +
                                " bytes");

  const OpenFile file(path, O_RDWR | O_CREAT | O_EXCL);
  // With its pages: a full disk must refuse here and not as a SIGBUS later.
  if (const int error = ::posix_fallocate(file.fd(), 0, static_cast<off_t>(capacity)); error != 0) {
    errno = error;
    refuse("size recording", path);
  }

  auto* const header = new (map(file.fd(), record_header_bytes, path)) RecordHeader{};
  std::memcpy(header->magic, record_magic, sizeof record_magic);
  header->version = record_version;
  header->capacity = capacity;
  header->trial = trial;
  header->incarnation = incarnation;
  std::memcpy(header->process, process.data(), process.size());
  header->head.store(record_header_bytes, std::memory_order_release);
  ::munmap(header, record_header_bytes);
}

RecordMapping::RecordMapping(const std::filesystem::path& path) {
  const OpenFile file(path, O_RDWR);
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0) refuse("inspect recording", path);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < record_header_bytes)
    throw std::runtime_error("map recording " + path.string() + ": it is shorter than its header");

  header_ = map(file.fd(), size, path);
  size_ = size;
  if (const char* const fault = fault_of(*header_, size)) {
    ::munmap(header_, size_);
    throw std::runtime_error("map recording " + path.string() + ": " + fault);
  }
}

RecordMapping::~RecordMapping() {
  if (header_ != nullptr) ::munmap(header_, size_);
}

RecordMapping::RecordMapping(RecordMapping&& other) noexcept
    : header_(std::exchange(other.header_, nullptr)), size_(std::exchange(other.size_, 0)) {}

RecordMapping& RecordMapping::operator=(RecordMapping&& other) noexcept {
  std::swap(header_, other.header_);
  std::swap(size_, other.size_);
  return *this;
}

void Recorder::record(const Event& event) {
  RecordHeader& header = mapping_.header();
  const std::uint64_t head = header.head.load(std::memory_order_relaxed);  // one writer
  if (n_ == 0 && head != record_header_bytes)
    throw std::logic_error("history " + path_.string() + " has been written before: an incarnation has one recorder");

  scratch_.clear();
  encode(event, n_ + 1, monotonic_ns(), scratch_);
  if (scratch_.size() > event_limit_bytes)
    throw std::length_error("history " + path_.string() + ": an event of " + std::to_string(scratch_.size()) +
                            " bytes is too long to be recorded");
  if (sizeof(RecordFrame) + scratch_.size() > header.capacity - head)
    throw std::length_error("history " + path_.string() + " is full: it has " + std::to_string(n_) + " events and " +
                            std::to_string(header.capacity) + " bytes");

  const RecordFrame frame{.bytes = static_cast<std::uint32_t>(scratch_.size()),
                          .checksum = checksum(std::as_bytes(std::span(scratch_)))};
  std::byte* const place = mapping_.bytes() + head;
  std::memcpy(place, &frame, sizeof frame);
  std::memcpy(place + sizeof frame, scratch_.data(), scratch_.size());
  header.head.store(head + sizeof frame + scratch_.size(), std::memory_order_release);
  ++n_;
}

void CrashPoints::stop_here(Window window) {
  header_.reached.store(1, std::memory_order_release);
  ::raise(SIGSTOP);
  header_.reached.store(0, std::memory_order_release);
  if (recorder_) recorder_->record({.type = Type::point, .window = std::string(name(window))});
}

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace assay
