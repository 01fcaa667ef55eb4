#include "agents/systems/embedded/endpoint.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <poll.h>

namespace assay::embedded {

Endpoint::Endpoint(std::string address, Descriptor listener)
    : address_(std::move(address)), listener_(std::move(listener)) {
  open();
}

void Endpoint::open() {
  context_ = zmq::context_t(1);
  socket_ = zmq::socket_t(context_, zmq::socket_type::router);
  socket_.set(zmq::sockopt::sndhwm, 0);  // a limit would drop replies
  socket_.set(zmq::sockopt::rcvhwm, 0);
  socket_.set(zmq::sockopt::linger, -1);
  if (listener_) socket_.set(zmq::sockopt::use_fd, ::fcntl(listener_.get(), F_DUPFD_CLOEXEC, 3));  // it closes what it is given
  try {
    socket_.bind(address_);
  } catch (const zmq::error_t& error) {
    throw std::runtime_error("bind " + address_ + ": " + error.what());
  }
}

void Endpoint::close_when_sent() {
  socket_.close();
  context_.close();  // returns when the last byte is with the kernel
}

std::optional<Inbound> Endpoint::receive(Deadline deadline) try {
  zmq::message_t part;
  if (!socket_.recv(part, zmq::recv_flags::dontwait)) {
    pollfd news{socket_.get(zmq::sockopt::fd), POLLIN, 0};  // readable until a recv has found nothing more
    ::poll(&news, 1, deadline.left_ms());
    if (!socket_.recv(part, zmq::recv_flags::dontwait)) return {};
  }
  Inbound message{part.to_string(), {}};
  while (part.more()) {  // a client of ours sends one part; of a stranger's many, the last one counts
    if (!socket_.recv(part, zmq::recv_flags::none)) break;
    const auto* first = part.data<std::uint8_t>();
    message.bytes.assign(first, first + part.size());
  }
  return message;
} catch (const zmq::error_t& error) {
  if (error.num() == EINTR) return {};
  throw;
}

void Endpoint::send(const std::string& peer, std::span<const std::uint8_t> bytes) {
  socket_.send(zmq::buffer(peer), zmq::send_flags::sndmore);
  socket_.send(zmq::buffer(bytes.data(), bytes.size()), zmq::send_flags::dontwait);
}

}  // namespace assay::embedded
