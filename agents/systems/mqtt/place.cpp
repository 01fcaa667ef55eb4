#include "agents/systems/mqtt/place.hpp"

#include <map>
#include <sstream>
#include <stdexcept>

namespace assay::mqtt {
namespace {

const std::string usual_form = "expected HOST:PORT, or words like host=broker port=8883 user=me tls=yes ca=/etc/ssl/ca.pem";

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos &&
         std::stoi(text) >= 1 && std::stoi(text) <= 65535;
}

bool is_host(const std::string& text) { return !text.empty() && text.find_first_of(" /@=") == std::string::npos; }

Place of_host_and_port(const std::string& address) {
  const auto colon = address.rfind(':');
  const auto host = address.substr(0, colon == std::string::npos ? 0 : colon);
  if (!is_host(host) || !is_port(address.substr(colon + 1)))
    throw std::runtime_error("MQTT address \"" + address + "\": " + usual_form);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return {.host = bracketed ? host.substr(1, host.size() - 2) : host,
          .port = std::stoi(address.substr(colon + 1)),
          .user = "",
          .tls = false,
          .ca_file = ""};
}

// Only the names of its words are repeated: a wrong one may hold a password.
Place of_words(const std::string& address) {
  std::map<std::string, std::string> known{{"host", ""}, {"port", "1883"}, {"user", ""}, {"tls", "no"}, {"ca", ""}};
  std::istringstream words(address);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals == std::string::npos ? 0 : equals);
    if (!known.contains(name))
      throw std::runtime_error("MQTT address: \"" + name + "\" is none of its words; " + usual_form + ", and the password in ASSAY_SECRET");
    known[name] = word.substr(equals + 1);
  }
  const auto& tls = known["tls"];
  if (!is_host(known["host"]) || !is_port(known["port"]) || (tls != "yes" && tls != "no") || (tls == "no" && !known["ca"].empty()))
    throw std::runtime_error("MQTT address: its words do not fit together; " + usual_form);
  return {.host = known["host"], .port = std::stoi(known["port"]), .user = known["user"], .tls = tls == "yes", .ca_file = known["ca"]};
}

}  // namespace

Place place_in(const std::string& address) {
  return address.find('=') == std::string::npos ? of_host_and_port(address) : of_words(address);
}

}  // namespace assay::mqtt
