#include "agents/systems/postgres/place.hpp"

#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <libpq-fe.h>

namespace assay::postgres {
namespace {

using Parameters = std::map<std::string, std::string>;

std::string own_secret() {
  const char* secret = std::getenv("ASSAY_SECRET");
  return secret ? secret : "";
}

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos &&
         std::stoi(text) >= 1 && std::stoi(text) <= 65535;
}

Parameters of_host_and_port(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || !is_port(address.substr(colon + 1)))
    throw std::runtime_error("PostgreSQL address \"" + address +
                             "\": expected HOST:PORT, or words like host=db port=5432 dbname=app user=me sslmode=verify-full");
  return {{"host", address.substr(0, colon)}, {"port", address.substr(colon + 1)}, {"user", own_user}, {"dbname", own_database}};
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// libpq's own complaint may repeat what it did not understand.
Parameters of_words(const std::string& address) {
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(address.c_str(), &complaint));
  PQfreemem(complaint);
  if (!options)
    throw std::runtime_error("PostgreSQL address: libpq cannot read its words; they are like host=db port=5432 dbname=app user=me");
  Parameters parameters;
  for (auto* option = options.get(); option->keyword; ++option)
    if (option->val) parameters[option->keyword] = option->val;
  for (const auto* secret : {"password", "sslpassword"})
    if (parameters.contains(secret))
      throw std::runtime_error(std::string("PostgreSQL address: a ") + secret +
                               " has no place in it; put the password into ASSAY_SECRET or PGPASSWORD");
  return parameters;
}

}  // namespace

Parameters parameters_of(const std::string& address) {
  auto parameters = address.find('=') == std::string::npos ? of_host_and_port(address) : of_words(address);
  if (const auto secret = own_secret(); !secret.empty()) parameters["password"] = secret;
  parameters.emplace("gssencmode", "disable");
  return parameters;
}

}  // namespace assay::postgres
