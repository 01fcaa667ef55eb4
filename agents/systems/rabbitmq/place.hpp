// What an address says: where the server is, and which of its virtual hosts is
// meant. As whom it is entered is said by the secret.
#pragma once

#include <string>

namespace assay::rabbitmq {

struct Place {
  std::string host;
  int port = 5672;
  std::string virtual_host = "/";
  bool tls = false;
  std::string authorities;  // the file with the certificates that the server's has to be signed by

  bool operator==(const Place&) const = default;
};

// "127.0.0.1:5672", "amqp://broker.example/orders",
// "amqps://broker.example:5671?cacertfile=/etc/ssl/our-ca.pem". Throws
// std::runtime_error, which does not repeat it.
Place place_of(const std::string& address);

struct Account {
  std::string user = "guest", password = "guest";
};

// Of ASSAY_SECRET: "PASSWORD" of guest, or "USER:PASSWORD".
Account account();

}  // namespace assay::rabbitmq
