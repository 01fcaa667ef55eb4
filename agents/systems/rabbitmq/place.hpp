// What an address says: where the server is, as whom it is entered, and which of
// its virtual hosts is meant.
#pragma once

#include <string>

namespace assay::rabbitmq {

struct Place {
  std::string user = "guest";
  std::string host;
  int port = 5672;
  std::string virtual_host = "/";
  bool tls = false;
  std::string authorities;  // the file with the certificates that the server's has to be signed by

  bool operator==(const Place&) const = default;
};

// "127.0.0.1:5672", "amqp://me@broker.example/orders",
// "amqps://me@broker.example:5671?cacertfile=/etc/ssl/our-ca.pem". Throws
// std::runtime_error, without a password that should not have been there.
Place place_of(const std::string& address);

// ASSAY_SECRET; without it RabbitMQ's own for guest.
std::string password();

}  // namespace assay::rabbitmq
