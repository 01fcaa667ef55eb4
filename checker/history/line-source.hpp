// A file of text, line by line, however large it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "checker/history/byte-source.hpp"

namespace assay {

class LineSource {
 public:
  explicit LineSource(const std::string& path) : bytes_(path) {}  // "-": standard input

  // The next line without its end, valid until the next call; false: no more.
  // A byte order mark is no part of the first line.
  bool next(std::string_view& line);

  std::uint64_t number() const { return number_; }  // of that line, from 1
  bool ended() const { return ended_; }             // it had a line end
  const std::string& name() const { return bytes_.name(); }

  // DamagedHistory that names file and line.
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  bool raw_line(std::string_view& line);

  ByteSource bytes_;
  std::string_view rest_;
  std::string carried_;  // a line that began in an earlier portion
  std::uint64_t number_ = 0;
  bool ended_ = true;
};

}  // namespace assay
