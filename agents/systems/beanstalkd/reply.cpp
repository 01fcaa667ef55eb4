#include "agents/systems/beanstalkd/reply.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace assay::beanstalkd {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t longest_line = 1024;       // beanstalkd's own stay below 256
constexpr std::size_t longest_body = 64U << 20;  // far above what serve allows

bool has_body(const Reply& reply) {
  const auto kind = reply.word(0);
  return kind == "RESERVED" || kind == "OK" || kind == "FOUND";
}

// RESERVED 7 5: 5 bytes. OK 830: 830 bytes.
std::size_t body_length(const Reply& reply) {
  const std::string_view word = reply.word(reply.word(0) == "OK" ? 1 : 2);
  std::size_t length = 0;
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), length);
  if (error != std::errc{} || rest != word.data() + word.size() || length > longest_body)
    throw std::runtime_error("beanstalkd announced a body with \"" + reply.line + "\"");
  return length;
}

}  // namespace

std::string_view Reply::word(std::size_t index) const {
  std::string_view rest = line;
  for (; index > 0; --index) {
    const auto space = rest.find(' ');
    if (space == std::string_view::npos) return {};
    rest.remove_prefix(space + 1);
  }
  return rest.substr(0, rest.find(' '));
}

std::string Reply::field(std::string_view name) const {
  std::string_view rest = body;
  while (!rest.empty()) {
    const auto here = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), here.size() + 1));
    if (here.starts_with(name) && here.substr(name.size()).starts_with(": "))
      return std::string(here.substr(name.size() + 2));
  }
  return {};
}

std::optional<Reply> ReplyReader::next() {
  const auto line = buffer_.find(line_end);
  if (std::min(line, buffer_.size()) > longest_line)
    throw std::runtime_error("what listens there is not beanstalkd: it answers with a line without end");
  if (line == std::string::npos) return std::nullopt;
  Reply reply{.line = buffer_.substr(0, line), .body = {}};
  std::size_t used = line + line_end.size();
  if (has_body(reply)) {
    const std::size_t length = body_length(reply);
    if (buffer_.size() < used + length + line_end.size()) return std::nullopt;
    reply.body = buffer_.substr(used, length);
    used += length + line_end.size();
  }
  buffer_.erase(0, used);
  return reply;
}

}  // namespace assay::beanstalkd
