#include "agents/systems/rabbitmq/knock.hpp"

#include "agents/recording/recorder.hpp"

namespace assay::rabbitmq {
namespace {

constexpr std::int64_t between_ns = 10'000'000;  // or an idle consumer would keep a server busy

}  // namespace

void Knock::ask(Deadline deadline) {
  const auto now = monotonic_ns();
  if (questions_ > 0 || now - settled_ < between_ns) return;
  asked_ = now;
  empty_ = true;
  if (connection_.count(queue_, deadline)) questions_ = 1;
}

std::optional<std::int64_t> Knock::answered(const Counted& counted, Deadline deadline) {
  empty_ = empty_ && counted.ready == 0;
  if (questions_ == 1) {
    questions_ = connection_.count(queue_, deadline) ? 2 : 0;
    return std::nullopt;
  }
  questions_ = 0;
  settled_ = monotonic_ns();
  return empty_ ? std::optional(asked_) : std::nullopt;
}

}  // namespace assay::rabbitmq
