#include "agents/systems/mqtt/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace assay::mqtt {
namespace {

constexpr int no_keepalive = 0;  // whoever waits here has a deadline of his own

void set_up_library() {
  static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
  static const int made = mosquitto_lib_init();
  (void)ignored;
  if (made != MOSQ_ERR_SUCCESS) throw std::runtime_error(std::string("set up libmosquitto: ") + mosquitto_strerror(made));
}

void insist(int result, const std::string& attempted) {
  if (result != MOSQ_ERR_SUCCESS) throw std::runtime_error(attempted + ": " + mosquitto_strerror(result));
}

std::string secret() {
  const char* text = std::getenv("ASSAY_SECRET");
  return text ? text : "";
}

std::string reason(int result) {
  if (result == MOSQ_ERR_ERRNO && errno != 0) return std::generic_category().message(errno);
  return mosquitto_strerror(result);
}

Connection& self(void* owner) { return *static_cast<Connection*>(owner); }

}  // namespace

Connection::Connection(const std::string& address, Client client, Arrivals arrivals)
    : place_(place_in(address)), client_(std::move(client)), arrivals_(std::move(arrivals)) {
  set_up_library();
}

Connection::~Connection() { drop(); }

void Connection::make_handle() {
  handle_.reset(mosquitto_new(client_.client.c_str(), client_.clean_session, this));
  if (!handle_) throw std::runtime_error("make an MQTT client " + client_.client + ": " + std::strerror(errno));
  auto* handle = handle_.get();
  mosquitto_connect_callback_set(handle, [](mosquitto*, void* owner, int code) { self(owner).connack_ = code; });
  mosquitto_publish_callback_set(handle, [](mosquitto*, void* owner, int packet) { self(owner).arrivals_.published(packet); });
  mosquitto_subscribe_callback_set(handle, [](mosquitto*, void* owner, int, int, const int* granted) {
    self(owner).arrivals_.subscribed(granted[0]);
  });
  mosquitto_message_callback_set(handle, [](mosquitto*, void* owner, const mosquitto_message* message) {
    self(owner).arrivals_.message(*message, self(owner).take_dup(message->mid));
  });
  mosquitto_log_callback_set(handle, [](mosquitto*, void* owner, int, const char* line) { self(owner).take_line(line); });
  insist(mosquitto_threaded_set(handle, client_.writes_when_told), "choose who writes");
  insist(mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1), "set TCP_NODELAY");
  insist(mosquitto_max_inflight_messages_set(handle, client_.in_flight), "limit the messages in flight");
  if (!place_.user.empty())
    insist(mosquitto_username_pw_set(handle, place_.user.c_str(), secret().empty() ? nullptr : secret().c_str()), "set user and password");
  if (!place_.tls) return;
  if (place_.ca_file.empty())
    insist(mosquitto_int_option(handle, MOSQ_OPT_TLS_USE_OS_CERTS, 1), "trust the authorities of the operating system");
  else
    insist(mosquitto_tls_set(handle, place_.ca_file.c_str(), nullptr, nullptr, nullptr, nullptr), "trust the authority in " + place_.ca_file);
}

// The library tells applications neither the DUP flag nor a PINGRESP, nor the
// steps of QoS 2; it does log them.
void Connection::take_line(const std::string& line) {
  const std::string publish = " received PUBLISH ";
  if (const auto at = line.find(publish); at != std::string::npos) {
    int dup = 0, qos = 0, retained = 0, packet = 0;
    if (std::sscanf(line.c_str() + at + publish.size(), "(d%d, q%d, r%d, m%d,", &dup, &qos, &retained, &packet) == 4) dups_[packet] = dup != 0;
    arrivals_.half();
  } else if (line.find(" received PUBREL ") != std::string::npos) {
    arrivals_.half();
  } else if (line.ends_with(" received PINGRESP")) {
    arrivals_.pong();
  }
}

bool Connection::take_dup(int packet) {
  const auto found = dups_.extract(packet);
  return found && found.mapped();
}

void Connection::begin() {
  denied_ = false;
  connack_.reset();
  state_ = State::connecting;
  errno = 0;
  if (handle_) return hold(mosquitto_reconnect_async(handle_.get()));
  make_handle();
  hold(mosquitto_connect_async(handle_.get(), place_.host.c_str(), place_.port, no_keepalive));
}

bool Connection::connect(Deadline deadline) {
  if (alive()) return true;
  if (state_ == State::down) begin();
  while (connecting()) {
    if (!step(deadline) && connecting()) {
      why_ = "no answer in time";
      return false;
    }
    if (connecting() && connack_) take_connack(*connack_);
  }
  return alive();
}

void Connection::take_connack(int code) {
  if (code != 0) return hold(MOSQ_ERR_CONN_REFUSED);
  state_ = State::up;
  ++generation_;
  why_.clear();
}

int Connection::descriptor() const { return handle_ ? mosquitto_socket(handle_.get()) : -1; }

void Connection::hold(int result) {
  if (result == MOSQ_ERR_SUCCESS) return;
  const bool refused = connecting() && connack_.value_or(0) != 0;
  lose(refused ? mosquitto_connack_string(*connack_) : reason(result));
  denied_ = refused;
}

void Connection::lose(const std::string& why) {
  drop();
  why_ = why;
  if (!why_.empty() && why_.back() == '.') why_.pop_back();
}

// A handle that lives on has its socket shut down, which the library finds out
// when it closes it for the next.
void Connection::drop() {
  state_ = State::down;
  if (const int open = descriptor(); open >= 0) {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(open, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    ::shutdown(open, SHUT_RDWR);
  }
  if (!client_.keeps_state) handle_.reset();
}

bool Connection::writes_now() const {
  return mosquitto_want_write(handle_.get()) && (!client_.writes_when_told || connecting());
}

// A record of TLS may have brought more than one packet.
bool Connection::has_packets_inside() const {
  auto* ssl = static_cast<SSL*>(place_.tls && handle_ ? mosquitto_ssl_get(handle_.get()) : nullptr);
  return ssl && SSL_pending(ssl) > 0;
}

bool Connection::wait(Deadline deadline, bool write) {
  if (has_packets_inside()) return true;
  pollfd item{descriptor(), static_cast<short>(POLLIN | (write ? POLLOUT : 0)), 0};
  if (item.fd < 0) {
    lose("connection closed");
    return false;
  }
  return ::poll(&item, 1, deadline.left_ms()) > 0;
}

bool Connection::readable(Deadline deadline) {
  while (state_ != State::down && writes_now()) {
    if (!wait(deadline, true)) return false;
    hold(mosquitto_loop_write(handle_.get(), 1));
  }
  return state_ != State::down && wait(deadline, false);
}

bool Connection::step(Deadline deadline) {
  if (state_ == State::down) return false;
  const bool write = writes_now();
  if (!wait(deadline, write)) return false;
  errno = 0;
  if (write) hold(mosquitto_loop_write(handle_.get(), 1));
  pollfd item{descriptor(), POLLIN, 0};
  const bool read = state_ != State::down && (has_packets_inside() || ::poll(&item, 1, 0) > 0);
  if (read) hold(mosquitto_loop_read(handle_.get(), 1));
  return true;
}

std::optional<unsigned char> Connection::next_packet() const {
  unsigned char first = 0;
  if (place_.tls || ::recv(descriptor(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1) return std::nullopt;
  return first;
}

bool Connection::flush(Deadline deadline) {
  while (alive() && mosquitto_want_write(handle_.get())) {
    errno = 0;
    hold(mosquitto_loop_write(handle_.get(), 1));
    if (!alive() || !mosquitto_want_write(handle_.get())) break;
    pollfd item{descriptor(), POLLOUT, 0};
    if (::poll(&item, 1, deadline.left_ms()) <= 0) return false;
  }
  return alive();
}

// The library sends one only when a keepalive has run out, and lets nobody ask
// for it. Its two bytes go between two packets.
bool Connection::ping(Deadline deadline) {
  constexpr unsigned char request[]{0xC0, 0x00};
  if (!flush(deadline)) return false;
  if (place_.tls) return SSL_write(static_cast<SSL*>(mosquitto_ssl_get(handle_.get())), request, sizeof request) == sizeof request;
  const auto sent = ::send(descriptor(), request, sizeof request, MSG_NOSIGNAL);
  if (sent == 1) lose("a PINGREQ was cut in two");
  else if (sent < 0 && errno != EAGAIN) lose(std::generic_category().message(errno));
  return sent == sizeof request;
}

}  // namespace assay::mqtt
