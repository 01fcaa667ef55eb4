#include "agents/os/free-port.hpp"

#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"

namespace assay {

std::uint16_t free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), plain, size) != 0 || ::getsockname(socket.get(), plain, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "find a free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

std::string free_address() { return "127.0.0.1:" + std::to_string(free_port()); }

}  // namespace assay
