#include "agents/systems/rabbitmq/connection.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <thread>

#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "agents/systems/rabbitmq/queues.hpp"

namespace assay::rabbitmq {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds connect_patience{1000}, between_attempts{5};
constexpr int frame_max = 131072;

timeval as_timeval(milliseconds span) { return {span.count() / 1000, (span.count() % 1000) * 1000}; }

// Not RabbitMQ's 320, with which it says goodbye when it is stopped.
bool never_passes(int code) {
  return code == AMQP_ACCESS_REFUSED || code == AMQP_PRECONDITION_FAILED || code == AMQP_NOT_ALLOWED || code == AMQP_NOT_IMPLEMENTED;
}

amqp_table_entry_t able(const char* name) {
  amqp_table_entry_t entry{.key = bytes_of(name), .value = {}};
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

}  // namespace

Connection::Connection(const std::string& address, Terms terms) : place_(place_of(address)), terms_(std::move(terms)) {}

bool Connection::attempt(Deadline deadline) {
  drop();
  broken_ = ended_ = false;
  assembly_ = {};
  why_code_ = 0;
  state_ = amqp_new_connection();
  if (!state_) throw std::bad_alloc();
  if (open_socket(deadline) && log_in()) {
    ++generation_;
    return true;
  }
  const auto why = why_;
  const auto code = why_code_;
  drop();
  if (never_passes(code)) throw std::runtime_error("log in to RabbitMQ at " + place_.host + ":" + std::to_string(place_.port) + ": " + why);
  return false;
}

bool Connection::connect(Deadline deadline) {
  if (alive()) return true;
  while (true) {
    if (attempt(deadline)) return true;
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(std::min(deadline.left(), between_attempts));
  }
}

void Connection::drop() {
  if (!state_) return;
  if (const int socket = amqp_get_sockfd(state_); socket >= 0) {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }
  amqp_destroy_connection(state_);
  state_ = nullptr;
}

bool Connection::open_socket(Deadline deadline) {
  auto* socket = place_.tls ? amqp_ssl_socket_new(state_) : amqp_tcp_socket_new(state_);
  if (!socket) throw std::bad_alloc();
  if (place_.tls && amqp_ssl_socket_set_cacert(socket, place_.authorities.c_str()) != AMQP_STATUS_OK)
    throw std::runtime_error("read the certificates in " + place_.authorities + ": the file is missing, or has none");
  const auto limit = as_timeval(std::max(deadline.left(), connect_patience));
  const int status = amqp_socket_open_noblock(socket, place_.host.c_str(), place_.port, &limit);
  if (status == AMQP_STATUS_OK) return true;
  why_ = std::string("connect: ") + amqp_error_string2(status);
  return false;
}

// Asked to say so, the server tells when it ends a subscription by itself, and
// when it takes no messages for want of memory or disk.
bool Connection::log_in() {
  const auto limit = as_timeval(handshake_patience);
  amqp_set_handshake_timeout(state_, &limit);
  amqp_set_rpc_timeout(state_, &limit);
  std::array abilities{able("consumer_cancel_notify"), able("connection.blocked"), able("authentication_failure_close")};
  amqp_table_entry_t capabilities{.key = bytes_of("capabilities"), .value = {}};
  capabilities.value.kind = AMQP_FIELD_KIND_TABLE;
  capabilities.value.value.table = {.num_entries = static_cast<int>(abilities.size()), .entries = abilities.data()};
  const amqp_table_t properties{.num_entries = 1, .entries = &capabilities};
  const auto entered = account();
  const auto login = amqp_login_with_properties(state_, place_.virtual_host.c_str(), 0, frame_max, terms_.heartbeat_s, &properties,
                                                AMQP_SASL_METHOD_PLAIN, entered.user.c_str(), entered.password.c_str());
  if (!accepted(login, "log in")) return false;
  amqp_channel_open(state_, the_channel);
  if (!accepted(amqp_get_rpc_reply(state_), "open a channel")) return false;
  return !terms_.introduction || accepted(terms_.introduction(state_), "declare the queue");
}

bool Connection::accepted(const amqp_rpc_reply_t& reply, const char* attempted) {
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return true;
  why_ = std::string(attempted) + ": ";
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) {
    why_ += amqp_error_string2(reply.library_error);
  } else if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto& close = *static_cast<const amqp_channel_close_t*>(reply.reply.decoded);
    why_code_ = close.reply_code;
    why_ += text(close.reply_text);
  } else if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto& close = *static_cast<const amqp_connection_close_t*>(reply.reply.decoded);
    why_code_ = close.reply_code;
    why_ += text(close.reply_text);
  }
  return false;
}

// The library writes until the server has taken all, however long that takes: so
// the kernel is told when to give up.
bool Connection::taken_in_time(Deadline deadline) {
  if (!alive()) return false;
  const unsigned limit = static_cast<unsigned>(std::max(deadline.left_ms(), 1));
  ::setsockopt(amqp_get_sockfd(state_), IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
  return true;
}

bool Connection::wrote(int status) {
  if (status == AMQP_STATUS_OK) return true;
  break_off(std::string("write: ") + amqp_error_string2(status), 0);
  return false;
}

bool Connection::write(amqp_method_number_t method, void* decoded, Deadline deadline) {
  return taken_in_time(deadline) && wrote(amqp_send_method(state_, the_channel, method, decoded));
}

bool Connection::publish(const Publication& publication, Deadline deadline) {
  if (!taken_in_time(deadline)) return false;
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG;
  properties.delivery_mode = publication.persistent ? AMQP_DELIVERY_PERSISTENT : AMQP_DELIVERY_NONPERSISTENT;
  properties.message_id = bytes_of(publication.message_id);
  return wrote(amqp_basic_publish(state_, the_channel, amqp_empty_bytes, bytes_of(publication.queue), publication.mandatory, 0,
                                  &properties, bytes_of(publication.bytes)));
}

bool Connection::consume(std::string_view queue, bool no_ack, Deadline deadline) {
  amqp_basic_consume_t method{};
  method.queue = bytes_of(queue);
  method.no_ack = no_ack;
  return write(AMQP_BASIC_CONSUME_METHOD, &method, deadline);
}

bool Connection::acknowledge(std::uint64_t tag, Deadline deadline) {
  amqp_basic_ack_t method{.delivery_tag = tag, .multiple = 0};
  return write(AMQP_BASIC_ACK_METHOD, &method, deadline);
}

bool Connection::requeue(std::uint64_t tag, Deadline deadline) {
  amqp_basic_nack_t method{.delivery_tag = tag, .multiple = 0, .requeue = 1};
  return write(AMQP_BASIC_NACK_METHOD, &method, deadline);
}

bool Connection::reject(std::uint64_t tag, Deadline deadline) {
  amqp_basic_reject_t method{.delivery_tag = tag, .requeue = 0};
  return write(AMQP_BASIC_REJECT_METHOD, &method, deadline);
}

bool Connection::count(std::string_view queue, Deadline deadline) {
  amqp_queue_declare_t method{};
  method.queue = bytes_of(queue);
  method.passive = 1;
  return write(AMQP_QUEUE_DECLARE_METHOD, &method, deadline);
}

bool Connection::get(std::string_view queue, Deadline deadline) {
  amqp_basic_get_t method{};
  method.queue = bytes_of(queue);
  return write(AMQP_BASIC_GET_METHOD, &method, deadline);
}

std::optional<Incoming> Connection::arrived() {
  while (state_ && !ended_) {
    amqp_frame_t frame;
    const timeval now{0, 0};
    const int status = amqp_simple_wait_frame_noblock(state_, &frame, &now);
    if (status == AMQP_STATUS_TIMEOUT) return std::nullopt;
    if (status != AMQP_STATUS_OK) {
      ended_ = true;
      break_off(std::string("read: ") + amqp_error_string2(status), 0);
      return std::nullopt;
    }
    auto incoming = assembly_.add(frame);
    amqp_maybe_release_buffers(state_);
    if (!incoming) continue;
    if (const auto* closing = std::get_if<Closing>(&*incoming)) {
      ended_ = true;
      break_off(closing->reason, closing->code);
    }
    return incoming;
  }
  return std::nullopt;
}

std::optional<Incoming> Connection::next(Deadline deadline) {
  while (true) {
    if (auto incoming = arrived()) return incoming;
    if (!alive() || !readable(deadline)) return std::nullopt;
  }
}

bool Connection::readable(Deadline deadline) const {
  pollfd wanted{amqp_get_sockfd(state_), POLLIN, 0};
  return ::poll(&wanted, 1, deadline.left_ms()) > 0;
}

// The first reason is the one that counts.
void Connection::break_off(std::string why, int code) {
  if (broken_) return;
  broken_ = true;
  why_ = std::move(why);
  why_code_ = code;
}

}  // namespace assay::rabbitmq
