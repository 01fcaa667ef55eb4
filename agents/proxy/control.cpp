#include "agents/proxy/control.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <netdb.h>
#include <sys/epoll.h>

namespace assay::proxy {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_packet = 4096;

Fault fault_from(const Json& asked) {
  static const std::map<std::string, Fault::Kind> kinds{{"blackhole", Fault::Kind::blackhole},
                                                        {"reset", Fault::Kind::reset},
                                                        {"reset-after", Fault::Kind::reset_after},
                                                        {"reset-at-answer", Fault::Kind::reset_at_answer},
                                                        {"delay", Fault::Kind::delay},
                                                        {"hold", Fault::Kind::hold}};
  return {.kind = kinds.at(asked.at("fault").get<std::string>()),
          .bytes = asked.value("bytes", std::int64_t{0}),
          .delay = std::chrono::milliseconds(asked.value("ms", std::int64_t{0}))};
}

Json to_json(const Record& record) {
  return {{"dropped", record.dropped}, {"held", record.held},       {"delayed_up", record.delayed_up}, {"delayed_down", record.delayed_down},
          {"resets", record.resets},   {"refused", record.refused}, {"hanging", record.hanging}};
}

}  // namespace

Control::Control(Loop& loop, Descriptor socket) : loop_(loop), socket_(std::move(socket)) {
  loop_.watch(socket_.get(), EPOLLIN, *this);
}

void Control::ready(std::uint32_t) {
  std::array<char, longest_packet> packet;
  const auto got = ::recv(socket_.get(), packet.data(), packet.size(), 0);
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    over_ = true;
    return;
  }
  Json said;
  try {
    said = answer(Json::parse(packet.data(), packet.data() + got));
  } catch (const std::exception& error) {
    said = {{"error", error.what()}};
  }
  const auto text = said.dump();
  if (::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) over_ = true;
}

Json Control::answer(const Json& asked) {
  const auto what = asked.at("do").get<std::string>();
  if (what == "listen") return listen(asked.at("path"));
  if (what == "lead") return lead_to(asked.at("to")), Json::object();
  auto& path = *paths_.at(asked.at("path").get<std::string>());
  if (what == "strike") return path.strike(fault_from(asked)), Json::object();
  if (what == "tell") return to_json(path.record());
  if (what == "heal") return to_json(path.heal());
  throw std::invalid_argument("nobody can " + what);
}

Json Control::listen(const std::string& name) {
  auto& path = paths_[name];
  if (!path) path = std::make_unique<Path>(loop_, server_);
  return {{"address", "127.0.0.1:" + std::to_string(path->port())}};
}

// Whatever was under way to the server before is over, and so is every fault.
void Control::lead_to(const std::string& address) {
  for (auto& [name, path] : paths_) path->clear(), path->heal();
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) throw std::invalid_argument("\"" + address + "\" is not HOST:PORT");
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &wanted, &found); error != 0)
    throw std::runtime_error("find " + address + ": " + ::gai_strerror(error));
  std::memcpy(&server_.address, found->ai_addr, found->ai_addrlen);
  server_.length = found->ai_addrlen;
  ::freeaddrinfo(found);
}

}  // namespace assay::proxy
