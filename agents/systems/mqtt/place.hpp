// Where a server is, and as whom clients reach it. The password is in
// ASSAY_SECRET, never here.
#pragma once

#include <string>

namespace assay::mqtt {

struct Place {
  std::string host;
  int port = 0;
  std::string user;     // empty: without a name, and without a password
  bool tls = false;
  std::string ca_file;  // with tls; empty: the authorities of the operating system

  bool operator==(const Place&) const = default;
};

// HOST:PORT, or words: "host=broker port=8883 user=me tls=yes ca=/etc/ssl/ca.pem".
// Throws std::runtime_error for anything else.
Place place_in(const std::string& address);

}  // namespace assay::mqtt
