#include "agents/systems/nats/place.hpp"

#include <sstream>
#include <stdexcept>

namespace assay::nats {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw std::runtime_error("NATS address: " + why + "; expected HOST:PORT, nats://HOST:PORT?user=NAME or tls://HOST:PORT?ca=FILE");
}

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos &&
         std::stoi(text) >= 1 && std::stoi(text) <= 65535;
}

// "user=me&ca=/etc/ca.pem"
void read_query(const std::string& query, Place& place) {
  std::istringstream words(query);
  for (std::string word; std::getline(words, word, '&');) {
    if (word.starts_with("user=")) place.user = word.substr(5);
    else if (word.starts_with("ca=") && place.tls) place.ca_file = word.substr(3);
    else refuse("only a user goes behind the port, and with tls a ca");
  }
}

}  // namespace

Place place_of(const std::string& address) {
  Place place;
  std::string rest = address;
  if (const auto end = rest.find("://"); end != std::string::npos) {
    const auto scheme = rest.substr(0, end);
    if (scheme != "nats" && scheme != "tls") refuse("\"" + scheme + "\" is no way to reach it");
    place.tls = scheme == "tls";
    rest.erase(0, end + 3);
  }
  if (rest.find('@') != std::string::npos) refuse("a user goes behind the port, and a password into ASSAY_SECRET");
  if (const auto question = rest.find('?'); question != std::string::npos) {
    read_query(rest.substr(question + 1), place);
    rest.erase(question);
  }
  const auto colon = rest.rfind(':');
  if (colon == std::string::npos || colon == 0 || !is_port(rest.substr(colon + 1))) refuse("\"" + rest + "\" is no host with a port");
  place.host = rest.substr(0, colon);
  place.port = rest.substr(colon + 1);
  return place;
}

}  // namespace assay::nats
