// Where a server is and as whom one enters it.
#pragma once

#include <string>

namespace assay::nats {

struct Place {
  std::string host, port;
  std::string user;  // with it the secret is a password, without it a token
  bool tls = false;
  std::string ca_file;  // empty: the certificates that the machine trusts

  bool operator==(const Place&) const = default;
};

// "127.0.0.1:4222", "nats://broker:4222?user=me",
// "tls://broker:4222?user=me&ca=/etc/ca.pem".
// Throws std::runtime_error.
Place place_of(const std::string& address);

}  // namespace assay::nats
