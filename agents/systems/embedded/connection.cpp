#include "agents/systems/embedded/connection.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <poll.h>

namespace assay::embedded {
namespace {

using nlohmann::json;

constexpr int reconnect_ms = 1;

}  // namespace

Connection::Connection(std::string address) : address_(std::move(address)), context_(1) { open(); }

Connection::~Connection() { close(); }

void Connection::open() {
  dealer_ = zmq::socket_t(context_, zmq::socket_type::dealer);
  dealer_.set(zmq::sockopt::linger, 0);
  dealer_.set(zmq::sockopt::reconnect_ivl, reconnect_ms);
  dealer_.set(zmq::sockopt::sndhwm, 0);
  dealer_.set(zmq::sockopt::rcvhwm, 0);  // a limit would leave replies in the kernel, behind a disconnect

  const auto events = "inproc://monitor-" + std::to_string(++life_);
  if (zmq_socket_monitor(dealer_.handle(), events.c_str(), ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED) != 0)
    throw std::runtime_error("monitor the connection to " + address_ + ": " + zmq_strerror(zmq_errno()));
  monitor_ = zmq::socket_t(context_, zmq::socket_type::pair);
  monitor_.set(zmq::sockopt::linger, 0);
  monitor_.connect(events);
  try {
    dealer_.connect(address_);
  } catch (const zmq::error_t& error) {
    throw std::runtime_error("connect to " + address_ + ": " + error.what());
  }
  connected_ = lost_ = false;
  hear_monitor();
}

void Connection::close() {
  zmq_socket_monitor(dealer_.handle(), nullptr, 0);
  monitor_.close();
  dealer_.close();
}

void Connection::renew() {
  close();
  open();
}

void Connection::collect(const Others& visit) {
  auto sign = wait(Deadline::in({}));
  for (; sign == Sign::reply; sign = wait(Deadline::in({})))
    if (const auto reply = take(); reply && visit) visit(*reply);
  if (sign == Sign::lost) renew();
}

bool Connection::connected(Deadline deadline, const Others& others) {
  while (true) {
    hear_monitor();
    if (lost_) collect(others);
    if (connected_) return true;
    if (deadline.passed()) return false;
    zmq::pollitem_t item{monitor_.handle(), 0, ZMQ_POLLIN, 0};
    try {
      zmq::poll(&item, 1, deadline.left());
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

// Its messages have two frames: the event in the first 16 bits, and the address.
void Connection::hear_monitor() {
  zmq::message_t event, address;
  while (monitor_.recv(event, zmq::recv_flags::dontwait)) {
    (void)monitor_.recv(address, zmq::recv_flags::none);
    std::uint16_t kind = 0;
    std::memcpy(&kind, event.data(), sizeof kind);
    (kind == ZMQ_EVENT_CONNECTED ? connected_ : lost_) = true;
  }
}

std::int64_t Connection::send(json request) {
  request["n"] = ++requests_;
  dealer_.send(zmq::buffer(json::to_msgpack(request)), zmq::send_flags::none);
  return requests_;
}

// The monitor speaks after everything that arrived before the disconnection is
// in the socket, so a reply is looked for once more behind it.
//
// Not zmq_poll, which asks each socket before and after its poll(2): that is
// what most of a trial's system calls were. A socket's own descriptor is
// readable as long as it has not been asked what is new (libzmq, ZMQ_FD); it
// must have been asked once, and in vain, before it is waited for.
Connection::Sign Connection::wait(Deadline deadline) {
  while (true) {
    if (readable()) return Sign::reply;
    if (lost_) return Sign::lost;
    std::array<pollfd, 2> items{{{dealer_.get(zmq::sockopt::fd), POLLIN, 0}, {monitor_.get(zmq::sockopt::fd), POLLIN, 0}}};
    const bool any = ::poll(items.data(), items.size(), deadline.left_ms()) > 0;
    if (any && items[1].revents != 0) hear_monitor();
    if (!any && deadline.passed()) return Sign::nothing;
  }
}

bool Connection::readable() { return (dealer_.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0; }

std::optional<json> Connection::take() {
  zmq::message_t message;
  if (!dealer_.recv(message, zmq::recv_flags::dontwait)) return {};
  const auto* first = message.data<std::uint8_t>();
  return json::from_msgpack(first, first + message.size());
}

std::optional<json> Connection::ask(json request, Deadline deadline, const Others& others) {
  collect(others);
  const auto n = send(std::move(request));
  while (wait(deadline) == Sign::reply) {
    auto reply = take();
    if (!reply) continue;
    if (reply->value("n", std::int64_t{0}) == n) return reply;
    if (others) others(*reply);
  }
  renew();
  return {};
}

json Connection::insist(const json& request, Deadline deadline, const Others& others) {
  const auto attempt = request.at("op").get<std::string>() + " at " + address_ + ": ";
  do {
    auto reply = ask(request, deadline, others);
    if (!reply) continue;
    for (const auto* trouble : {"refused", "error"})
      if (reply->contains(trouble)) throw std::runtime_error(attempt + reply->at(trouble).get<std::string>());
    return *reply;
  } while (!deadline.passed());
  throw std::runtime_error(attempt + "no answer within the deadline");
}

}  // namespace assay::embedded
