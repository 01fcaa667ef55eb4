#include "agents/systems/kafka/place.hpp"

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace assay::kafka {
namespace {

using Words = std::map<std::string, std::string>;

[[noreturn]] void refuse(const std::string& why) {
  throw std::runtime_error("Kafka address: " + why +
                           "; expected HOST:PORT,HOST:PORT and words like security.protocol=SASL_SSL ssl.ca.location=ca.pem");
}

bool is_allowed(const std::string& name) {
  return name == "security.protocol" || name == "sasl.mechanisms" || name == "sasl.username" || name == "ssl.ca.location" ||
         name == "ssl.certificate.location" || name == "ssl.key.location" || name == "ssl.endpoint.identification.algorithm" ||
         name == "enable.ssl.certificate.verification";
}

void add_secret(Words& words) {
  if (!words.contains("sasl.mechanisms")) return;
  const char* variable = std::getenv("ASSAY_SECRET");
  const std::string secret = variable ? variable : "";
  if (words.contains("sasl.username")) {
    words["sasl.password"] = secret;
    return;
  }
  const auto colon = secret.find(':');
  if (colon == std::string::npos)
    refuse("sasl.mechanisms needs a user: put USER:PASSWORD into ASSAY_SECRET, or sasl.username=USER beside it and the password there");
  words["sasl.username"] = secret.substr(0, colon);
  words["sasl.password"] = secret.substr(colon + 1);
}

}  // namespace

Words connection_words(const std::string& address) {
  std::istringstream parts(address);
  Words words;
  if (!(parts >> words["bootstrap.servers"]) || words["bootstrap.servers"].find(':') == std::string::npos) refuse("no HOST:PORT in it");
  for (std::string part; parts >> part;) {
    const auto equals = part.find('=');
    const auto name = part.substr(0, equals);
    if (name == "sasl.password" || name == "ssl.key.password") refuse("a secret has no place in it, put it into ASSAY_SECRET");
    if (equals == std::string::npos || !is_allowed(name)) refuse("\"" + name + "\" is none of its words");
    words[name] = part.substr(equals + 1);
  }
  add_secret(words);
  return words;
}

}  // namespace assay::kafka
