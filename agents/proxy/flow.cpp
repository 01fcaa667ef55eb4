#include "agents/proxy/flow.hpp"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace assay::proxy {

void Flow::take(std::string bytes, Clock::time_point due) {
  bytes_ += bytes.size();
  chunks_.push_back({std::move(bytes), due});
}

void Flow::end(End how, Clock::time_point due) {
  if (end_ != End::none) return;
  end_ = how;
  end_due_ = due;
}

Flow::Written Flow::write_to(int fd, Clock::time_point now) {
  while (!chunks_.empty()) {
    const auto& chunk = chunks_.front();
    if (chunk.due > now) return Written::not_yet_due;
    const auto sent = ::send(fd, chunk.bytes.data() + written_, chunk.bytes.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Written::blocked : Written::refused;
    written_ += static_cast<std::size_t>(sent);
    if (written_ < chunk.bytes.size()) continue;
    bytes_ -= chunk.bytes.size();
    written_ = 0;
    chunks_.pop_front();
  }
  if (end_ == End::none || passed_end_) return Written::all;
  if (end_due_ > now) return Written::not_yet_due;
  passed_end_ = true;
  return Written::ended;
}

std::optional<Clock::time_point> Flow::next_due() const {
  std::optional<Clock::time_point> due;
  if (!chunks_.empty()) due = chunks_.front().due;
  else if (end_ != End::none && !passed_end_) due = end_due_;
  return due == held ? std::nullopt : due;
}

void Flow::let_go() {
  for (auto& chunk : chunks_) chunk.due = {};
  end_due_ = {};
}

void Flow::discard() {
  chunks_.clear();
  bytes_ = written_ = 0;
}

}  // namespace assay::proxy
