#include "checker/history/byte-source.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "checker/history/files.hpp"

namespace assay {
namespace {

constexpr std::size_t portion_bytes = 256 * 1024;
constexpr int gzip_only = 15 + 16;  // zlib's way to say: the largest window, and nothing but gzip

std::string system_words() { return std::generic_category().message(errno); }

}  // namespace

ByteSource::ByteSource(const std::string& path) : name_(path == "-" ? "standard input" : path), raw_(portion_bytes) {
  descriptor_ = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) damaged(name_, "open: " + system_words());
}

ByteSource::~ByteSource() {
  if (packed_) inflateEnd(&stream_);
  ::close(descriptor_);
}

std::string_view ByteSource::next() {
  if (!begun_) begin();
  if (packed_) return unpack_some();
  return rest_.empty() ? read_behind(0) : std::exchange(rest_, {});
}

// Fills the buffer from there on; returns what has come.
std::string_view ByteSource::read_behind(std::size_t offset) {
  for (;;) {
    const auto count = ::read(descriptor_, raw_.data() + offset, raw_.size() - offset);
    if (count >= 0) return {raw_.data() + offset, static_cast<std::size_t>(count)};
    if (errno != EINTR) damaged(name_, "read: " + system_words());
  }
}

// The first two bytes tell, and a pipe may bring them one by one.
void ByteSource::begin() {
  begun_ = true;
  std::size_t count = 0;
  for (std::size_t more = 1; count < 2 && more > 0; count += more) more = read_behind(count).size();
  rest_ = {raw_.data(), count};
  if (!rest_.starts_with("\x1f\x8b")) return;
  if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::runtime_error("unpack " + name_ + ": zlib does not start");
  packed_ = within_member_ = true;
  unpacked_.resize(portion_bytes);
}

// A gzip file is one member or several, and nothing but members: what zlib's own
// reader passes over in silence behind them may be the end of somebody's log.
std::string_view ByteSource::unpack_some() {
  for (;;) {
    if (rest_.empty()) {
      rest_ = read_behind(0);
      if (rest_.empty() && within_member_) damaged(name_, "the gzip data is cut short");
      if (rest_.empty()) return {};
    }
    if (!within_member_) inflateReset(&stream_);
    within_member_ = true;

    stream_.next_in = reinterpret_cast<Bytef*>(raw_.data() + (rest_.data() - raw_.data()));
    stream_.avail_in = static_cast<uInt>(rest_.size());
    stream_.next_out = reinterpret_cast<Bytef*>(unpacked_.data());
    stream_.avail_out = static_cast<uInt>(unpacked_.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    rest_.remove_prefix(rest_.size() - stream_.avail_in);
    if (result == Z_STREAM_END) within_member_ = false;
    else if (result != Z_OK && result != Z_BUF_ERROR)
      damaged(name_, std::string("the gzip data is damaged: ") + (stream_.msg == nullptr ? "it cannot be unpacked" : stream_.msg));
    const std::size_t count = unpacked_.size() - stream_.avail_out;
    if (count > 0) return {unpacked_.data(), count};
  }
}

}  // namespace assay
