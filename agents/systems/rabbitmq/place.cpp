#include "agents/systems/rabbitmq/place.hpp"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace assay::rabbitmq {
namespace {

constexpr const char* usual_authorities = "/etc/ssl/certs/ca-certificates.crt";

// What stands behind the last `mark`, which is taken off with it.
std::optional<std::string> taken_behind(std::string& text, const std::string& mark) {
  const auto at = text.find(mark);
  if (at == std::string::npos) return std::nullopt;
  std::string behind = text.substr(at + mark.size());
  text.resize(at);
  return behind;
}

std::optional<std::string> taken_before(std::string& text, const std::string& mark) {
  const auto at = text.find(mark);
  if (at == std::string::npos) return std::nullopt;
  std::string before = text.substr(0, at);
  text.erase(0, at + mark.size());
  return before;
}

// "%2F" for "/": a virtual host may be called anything.
std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    const bool coded = text[i] == '%' && i + 2 < text.size() &&
                       std::from_chars(&text[i + 1], &text[i + 3], byte, 16).ptr == &text[i + 3];
    plain += coded ? static_cast<char>(byte) : text[i];
    if (coded) i += 2;
  }
  return plain;
}

// "5672", in full.
std::optional<int> port_in(const std::string& text) {
  int port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || rest != text.data() + text.size() || port < 1 || port > 65535) return std::nullopt;
  return port;
}

std::runtime_error unknown_form() {
  return std::runtime_error(
      "read the address of RabbitMQ: expected HOST:PORT, or amqp[s]://HOST[:PORT][/VIRTUAL_HOST][?cacertfile=FILE]; "
      "user and password are taken from ASSAY_SECRET");
}

}  // namespace

Place place_of(const std::string& address) {
  Place place;
  std::string rest = address;
  const auto scheme = taken_before(rest, "://");
  if (scheme && scheme != "amqp" && scheme != "amqps") throw unknown_form();
  place.tls = scheme == "amqps";
  if (place.tls) place.port = 5671, place.authorities = usual_authorities;

  if (auto query = taken_behind(rest, "?")) {
    if (!place.tls || !query->starts_with("cacertfile=")) throw unknown_form();
    place.authorities = decoded(query->substr(std::string("cacertfile=").size()));
  }
  if (const auto host = taken_behind(rest, "/")) place.virtual_host = decoded(*host);
  const bool bracketed = rest.starts_with('[');
  const auto colon = bracketed ? rest.find("]:") : rest.rfind(':');
  if (colon != std::string::npos) {
    const auto port = port_in(rest.substr(colon + (bracketed ? 2 : 1)));
    if (!port) throw unknown_form();
    place.port = *port;
    rest.resize(colon + (bracketed ? 1 : 0));
  }
  if (bracketed && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  place.host = rest;
  if (place.host.empty() || place.host.find_first_of("@ ") != std::string::npos || (!scheme && colon == std::string::npos)) throw unknown_form();
  return place;
}

Account account() {
  const char* variable = std::getenv("ASSAY_SECRET");
  const std::string secret = variable ? variable : "";
  if (secret.empty()) return {};
  const auto colon = secret.find(':');
  if (colon == std::string::npos) return {.password = secret};
  return {.user = secret.substr(0, colon), .password = secret.substr(colon + 1)};
}

}  // namespace assay::rabbitmq
