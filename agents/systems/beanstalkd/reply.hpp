// What beanstalkd answers: a line of words, and behind some lines a body whose
// length is their last word.
//
//     INSERTED 7\r\n
//     RESERVED 7 5\r\nhello\r\n
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assay::beanstalkd {

struct Reply {
  std::string line;  // without its end
  std::string body;

  // The words of the line, from 0; empty behind the last one.
  std::string_view word(std::size_t index) const;

  // The value of "name: value" in a body of such lines; empty without one.
  std::string field(std::string_view name) const;

  bool operator==(const Reply&) const = default;
};

// Puts replies together from whatever pieces the socket hands over.
class ReplyReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }

  // The next reply, once all of it is there. Throws std::runtime_error when
  // this cannot be beanstalkd; nothing can be read after that.
  std::optional<Reply> next();

 private:
  std::string buffer_;
};

}  // namespace assay::beanstalkd
