#include "agents/control/control.hpp"

#include <cerrno>
#include <stdexcept>
#include <vector>

namespace assay {
namespace {

// An agent's last word, `error`, must leave although the agent is about to
// exit; a supervisor that is gone holds it up no longer than this.
constexpr int agent_linger_ms = 500;
constexpr int unlimited = 0;

// A signal interrupts any call on a socket and means nothing here.
template <typename Call>
auto despite_signals(Call call) {
  while (true) {
    try {
      return call();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

std::runtime_error refused(const std::string& action, const std::string& endpoint, const zmq::error_t& error) {
  return std::runtime_error(action + " " + endpoint + ": " + error.what());
}

// All parts of the next message, or none.
std::vector<std::string> receive_parts(zmq::socket_t& socket) {
  std::vector<std::string> parts;
  bool more = true;
  while (more) {
    zmq::message_t part;
    const auto received = despite_signals([&] { return socket.recv(part, zmq::recv_flags::dontwait); });
    if (!received) return {};
    parts.push_back(part.to_string());
    more = part.more();
  }
  return parts;
}

// Null unless it is a JSON object with a "type".
nlohmann::json parse_body(const std::string& text) {
  auto body = nlohmann::json::parse(text, nullptr, false);
  const bool ours = body.is_object() && body.contains("type") && body["type"].is_string();
  return ours ? body : nlohmann::json();
}

// An error text may quote bytes that are no UTF-8; that must not silence it.
std::string text_of(const nlohmann::json& body) {
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

AgentControl::AgentControl(const std::string& endpoint, const std::string& identity)
    : socket_(context_, zmq::socket_type::dealer) {
  try {
    socket_.set(zmq::sockopt::routing_id, identity);
    socket_.set(zmq::sockopt::linger, agent_linger_ms);
    socket_.connect(endpoint);
  } catch (const zmq::error_t& error) {
    throw refused("connect to supervisor at", endpoint, error);
  }
}

void AgentControl::send(const nlohmann::json& body) {
  const std::string text = text_of(body);
  const auto sent = despite_signals([&] { return socket_.send(zmq::buffer(text), zmq::send_flags::dontwait); });
  if (!sent) throw std::runtime_error("send to supervisor: it has stopped reading");
}

std::optional<nlohmann::json> AgentControl::receive(Deadline deadline) {
  while (true) {
    const auto parts = receive_parts(socket_);
    if (!parts.empty()) {
      auto body = parse_body(parts.front());
      if (parts.size() != 1 || body.is_null())
        throw std::runtime_error("supervisor broke the control protocol: " + parts.front().substr(0, 200));
      return body;
    }
    if (deadline.passed()) return std::nullopt;
    zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
    despite_signals([&] { return zmq::poll(&item, 1, deadline.left()); });
  }
}

SupervisorControl::SupervisorControl(const std::string& endpoint)
    : socket_(context_, zmq::socket_type::router), endpoint_(endpoint) {
  try {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::router_mandatory, true);
    // A name comes back with the next trial, maybe before the last owner's
    // connection has been cleared away.
    socket_.set(zmq::sockopt::router_handover, true);
    // A paused agent reads nothing; that must not hold up anybody.
    socket_.set(zmq::sockopt::sndhwm, unlimited);
    socket_.set(zmq::sockopt::rcvhwm, unlimited);
    socket_.bind(endpoint);
  } catch (const zmq::error_t& error) {
    throw refused("bind control socket", endpoint, error);
  }
}

void SupervisorControl::send(const std::string& identity, const nlohmann::json& body) {
  const std::string text = text_of(body);
  try {
    const auto named = despite_signals(
        [&] { return socket_.send(zmq::buffer(identity), zmq::send_flags::sndmore | zmq::send_flags::dontwait); });
    if (named)
      despite_signals([&] { return socket_.send(zmq::buffer(text), zmq::send_flags::dontwait); });
  } catch (const zmq::error_t& error) {
    if (error.num() != EHOSTUNREACH) throw refused("send to " + identity + " over", endpoint_, error);
  }
}

std::optional<SupervisorControl::Message> SupervisorControl::receive() {
  const auto parts = receive_parts(socket_);
  if (parts.empty()) return std::nullopt;
  Message message;
  message.identity = parts.front();
  if (parts.size() > 1) message.raw = parts[1];
  if (parts.size() == 2) message.body = parse_body(message.raw);
  return message;
}

void SupervisorControl::wait(std::initializer_list<int> descriptors, Deadline deadline) {
  std::vector<zmq::pollitem_t> items{{socket_.handle(), 0, ZMQ_POLLIN, 0}};
  for (const int descriptor : descriptors) items.push_back({nullptr, descriptor, ZMQ_POLLIN, 0});
  try {
    zmq::poll(items, deadline.left());
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw refused("wait on", endpoint_, error);
  }
}

}  // namespace assay
