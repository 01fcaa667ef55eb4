#include "checker/history/record-file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "checker/history/event-codec.hpp"

namespace assay {
namespace {

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) refuse("open");
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::uint64_t size() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) refuse("inspect");
    return static_cast<std::uint64_t>(status.st_size);
  }

  // Fewer bytes than asked for only at the end of the file.
  std::vector<std::byte> read(std::uint64_t offset, std::size_t size) const {
    std::vector<std::byte> bytes(size);
    std::size_t have = 0;
    while (have < size) {
      const auto got = ::pread(fd_, bytes.data() + have, size - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) refuse("read");
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }

  // The file is sparse: holes are stepped over, not read.
  bool any_byte_set_from(std::uint64_t offset) const {
    constexpr std::size_t chunk_bytes = 64 * 1024;
    for (;;) {
      const auto data = ::lseek(fd_, static_cast<off_t>(offset), SEEK_DATA);
      if (data < 0 && errno == ENXIO) return false;
      if (data < 0) refuse("read");
      const auto chunk = read(static_cast<std::uint64_t>(data), chunk_bytes);
      if (chunk.empty()) return false;
      if (std::any_of(chunk.begin(), chunk.end(), [](std::byte byte) { return byte != std::byte{0}; })) return true;
      offset = static_cast<std::uint64_t>(data) + chunk.size();
    }
  }

 private:
  [[noreturn]] void refuse(const char* attempt) const {
    throw std::system_error(errno, std::generic_category(), std::string(attempt) + " recording " + path_.string());
  }

  std::filesystem::path path_;
  int fd_;
};

template <typename Value>
Value value_at(std::span<const std::byte> bytes, std::size_t offset) {
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string at(std::uint64_t offset) { return " at offset " + std::to_string(offset); }

// Reads in the order of the file and stops at the first damage that makes what
// follows meaningless.
class Reader {
 public:
  Reader(const std::filesystem::path& path, Ending ending) : file_(path) { recording_.ending = ending; }

  Recording read() && {
    size_ = file_.size();
    header_ = file_.read(0, record_header_bytes);
    if (read_identity()) {
      read_windows();
      if (find_head()) {
        read_records();
        look_behind_head();
      }
    }
    return std::move(recording_);
  }

 private:
  // The first damage is the one told; the rest mostly follows from it.
  bool damaged(std::string what) {
    if (recording_.damage.empty()) recording_.damage = std::move(what);
    return false;
  }

  bool read_identity() {
    if (header_.size() < record_header_bytes)
      return damaged("the file ends" + at(header_.size()) + ", inside its header");
    if (std::memcmp(header_.data(), record_magic, sizeof record_magic) != 0)
      return damaged("the file does not begin as a recording" + at(0));
    if (const auto version = value_at<std::uint32_t>(header_, offsetof(RecordHeader, version)); version != record_version)
      return damaged("version " + std::to_string(version) + " of the format" + at(offsetof(RecordHeader, version)));

    recording_.trial = value_at<std::int64_t>(header_, offsetof(RecordHeader, trial));
    recording_.incarnation = value_at<std::int64_t>(header_, offsetof(RecordHeader, incarnation));
    if (recording_.trial < 0) return damaged("negative trial number" + at(offsetof(RecordHeader, trial)));
    if (recording_.incarnation < 0) return damaged("negative incarnation" + at(offsetof(RecordHeader, incarnation)));

    const auto* const process = reinterpret_cast<const char*>(header_.data()) + offsetof(RecordHeader, process);
    const auto length = ::strnlen(process, sizeof RecordHeader::process);
    if (length == 0 || length == sizeof RecordHeader::process)
      return damaged("no process name" + at(offsetof(RecordHeader, process)));
    recording_.process.assign(process, length);
    return true;
  }

  void read_windows() {
    const auto last = value_at<std::uint32_t>(header_, offsetof(RecordHeader, last_window));
    if (const auto window = window_numbered(last))
      recording_.last_window = *window;
    else
      damaged("unknown window " + std::to_string(last) + at(offsetof(RecordHeader, last_window)));

    for (std::size_t i = 0; i < window_limit; ++i) {
      const auto offset = offsetof(RecordHeader, hits) + i * sizeof(std::uint64_t);
      const auto count = value_at<std::uint64_t>(header_, offset);
      const auto window = window_numbered(i);
      if (count == 0) continue;
      if (!window || window == Window::none)
        damaged("unknown window " + std::to_string(i) + at(offset));
      else if (count > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
        damaged("impossible count of passes" + at(offset));
      else
        recording_.hits[*window] = static_cast<std::int64_t>(count);
    }
  }

  // How far the writer says it got; what the file no longer has is damage.
  bool find_head() {
    const auto capacity = value_at<std::uint64_t>(header_, offsetof(RecordHeader, capacity));
    head_ = value_at<std::uint64_t>(header_, offsetof(RecordHeader, head));
    if (head_ < record_header_bytes || head_ > capacity)
      return damaged("head is " + std::to_string(head_) + ", outside the file," + at(offsetof(RecordHeader, head)));
    if (capacity != size_)
      damaged("the file has " + std::to_string(size_) + " bytes where its header says " + std::to_string(capacity));
    return true;
  }

  // A piece at a time, however large the file claims to be.
  void read_records() {
    constexpr std::size_t record_limit_bytes = sizeof(RecordFrame) + event_limit_bytes;
    constexpr std::size_t piece_bytes = 16 * record_limit_bytes;
    const auto limit = std::min(head_, size_);
    std::vector<std::byte> piece;
    std::span<const std::byte> rest;
    for (std::uint64_t offset = record_header_bytes; offset < limit;) {
      if (rest.size() < std::min<std::uint64_t>(limit - offset, record_limit_bytes)) {
        piece = file_.read(offset, static_cast<std::size_t>(std::min<std::uint64_t>(limit - offset, piece_bytes)));
        rest = piece;
      }
      const auto bytes = read_record(rest, offset);
      if (bytes == 0) return;
      rest = rest.subspan(bytes);
      offset += bytes;
    }
  }

  // The length of the record with its frame; 0 where it is damaged.
  std::size_t read_record(std::span<const std::byte> rest, std::uint64_t offset) {
    const auto broken = [&](const std::string& what) { return damaged(what + at(offset)), std::size_t{0}; };

    if (rest.size() < sizeof(RecordFrame)) return broken("a record is cut short");
    const auto frame = value_at<RecordFrame>(rest, 0);
    rest = rest.subspan(sizeof frame);
    if (frame.bytes > event_limit_bytes || frame.bytes > rest.size())
      return broken("a record of " + std::to_string(frame.bytes) + " bytes does not fit");
    const auto body = rest.first(frame.bytes);
    if (checksum(body) != frame.checksum) return broken("the checksum of a record does not hold");
    auto event = decode(body);
    if (!event) return broken("a record is not an event");
    const auto due = static_cast<std::int64_t>(recording_.events.size()) + 1;
    if (event->n != due)
      return broken("event " + std::to_string(event->n) + " stands where " + std::to_string(due) + " is due");

    event->process = recording_.process;
    event->incarnation = recording_.incarnation;
    event->trial = recording_.trial;
    recording_.events.push_back(std::move(*event));
    return sizeof frame + frame.bytes;
  }

  // A killed writer may have been busy there; a finished one has no excuse.
  void look_behind_head() {
    if (!file_.any_byte_set_from(head_)) return;
    if (recording_.ending == Ending::killed)
      recording_.torn = 1;
    else
      damaged("an unfinished record in the file of an incarnation that finished" + at(head_));
  }

  File file_;
  std::uint64_t size_ = 0;
  std::uint64_t head_ = 0;
  std::vector<std::byte> header_;
  Recording recording_;
};

}  // namespace

Recording read_record_file(const std::filesystem::path& path, Ending ending) { return Reader(path, ending).read(); }

}  // namespace assay
