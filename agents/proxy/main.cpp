// Stands between agents and server and lets everything pass, until it is told to
// lose, hold or delay it. One thread. It ends when the supervisor closes the
// socket whose number is in ASSAY_PROXY_CONTROL.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>

#include "agents/proxy/control.hpp"

namespace assay::proxy {
namespace {

std::optional<Clock::time_point> next_due(Control& control) {
  std::optional<Clock::time_point> next;
  for (const auto& [name, path] : control.paths())
    if (const auto due = path->next_due(); due && (!next || *due < *next)) next = due;
  return next;
}

int milliseconds_until(const std::optional<Clock::time_point>& due) {
  if (!due) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

void serve(int control_socket) {
  Loop loop;
  Control control(loop, Descriptor(control_socket));
  while (!control.over()) {
    loop.turn(milliseconds_until(next_due(control)));
    const auto now = Clock::now();
    for (const auto& [name, path] : control.paths()) {
      path->when_due(now);
      path->sweep();
    }
  }
}

}  // namespace
}  // namespace assay::proxy

int main() {
  const char* control = std::getenv("ASSAY_PROXY_CONTROL");
  if (!control) {
    std::fputs("network-proxy is started by assay, which tells it what to do\n", stderr);
    return 64;
  }
  try {
    assay::proxy::serve(std::atoi(control));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "network-proxy: %s\n", error.what());
    return 70;
  }
}
