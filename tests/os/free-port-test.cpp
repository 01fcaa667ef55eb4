#include <cerrno>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

#include "agents/os/free-port.hpp"

using namespace assay;

namespace {

// 0, or the errno of the step that did not go.
int listens_at(std::uint16_t port, bool reuse) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int set = reuse ? 1 : 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &set, sizeof set);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(socket.get(), 1) != 0) return errno;
  return 0;
}

}  // namespace

TEST_CASE("a port that is held is there for a server, at each of its starts, and for nobody who finds it by chance") {
  std::uint16_t port = 0;
  {
    const HeldPort held;
    port = held.number();
    CHECK(held.address() == "127.0.0.1:" + std::to_string(port));
    for (int starts = 0; starts < 3; ++starts) CHECK(listens_at(port, true) == 0);
    CHECK(listens_at(port, false) == EADDRINUSE);
  }
  CHECK(listens_at(port, false) == 0);
}
