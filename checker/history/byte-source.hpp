// The bytes of a file or of standard input, unpacked where they are gzip's.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

// Owns the descriptor. Whatever cannot be read is a DamagedHistory that names
// the file: evidence that is missing.
class ByteSource {
 public:
  explicit ByteSource(const std::string& path);  // "-": standard input
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Some more bytes, valid until the next call; none: the end.
  std::string_view next();

  const std::string& name() const { return name_; }  // for messages

 private:
  std::string_view read_behind(std::size_t offset);
  std::string_view unpack_some();
  void begin();

  std::string name_;
  int descriptor_ = -1;
  bool begun_ = false, packed_ = false, within_member_ = false;
  std::vector<char> raw_, unpacked_;
  std::string_view rest_;  // of raw_, not handed out yet
  z_stream stream_{};
};

}  // namespace assay
