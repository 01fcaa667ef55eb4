#include "agents/os/free-port.hpp"

#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <sys/socket.h>

namespace assay {

HeldPort::HeldPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  const int shared = 1;
  if (!socket_ || ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &shared, sizeof shared) != 0 ||
      ::bind(socket_.get(), plain, size) != 0 || ::getsockname(socket_.get(), plain, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "find a free port on 127.0.0.1");
  number_ = ntohs(address.sin_port);
}

std::string HeldPort::address() const { return "127.0.0.1:" + std::to_string(number_); }

std::uint16_t free_port() { return HeldPort().number(); }

std::string free_address() { return HeldPort().address(); }

}  // namespace assay
