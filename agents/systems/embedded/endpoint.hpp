// The broker's side of its ZeroMQ connections: one ROUTER socket.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "agents/os/deadline.hpp"
#include "agents/os/descriptor.hpp"

namespace assay::embedded {

struct Inbound {
  std::string peer;
  std::vector<std::uint8_t> bytes;
};

class Endpoint {
 public:
  // Listens on `listener` where there is one, else binds the address. Throws
  // std::runtime_error: where, and why not.
  explicit Endpoint(std::string address, Descriptor listener = {});

  std::optional<Inbound> receive(Deadline deadline);

  // Hands the bytes to ZeroMQ; a peer that has gone gets nothing.
  void send(const std::string& peer, std::span<const std::uint8_t> bytes);

  // Returns when all that was sent has left this process, which costs the
  // socket and every connection; open() makes a new one at the same address.
  void close_when_sent();
  void open();
  bool is_open() const { return socket_.handle() != nullptr; }

 private:
  std::string address_;
  Descriptor listener_;
  zmq::context_t context_;
  zmq::socket_t socket_;
};

}  // namespace assay::embedded
