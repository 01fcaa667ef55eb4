// For servers that must be told where to listen.
#pragma once

#include <cstdint>
#include <string>

#include "agents/os/descriptor.hpp"

namespace assay {

// A TCP port of 127.0.0.1 at which nobody listens, kept while this lives: Linux
// gives it to nobody who asks for any port, or connects from any (tried on 6.18).
// Who names it and has SO_REUSEADDR set can listen there, as often as they like;
// who has not is told that it is in use.
class HeldPort {
 public:
  HeldPort();  // throws std::system_error

  std::uint16_t number() const { return number_; }
  std::string address() const;  // "127.0.0.1:PORT"

 private:
  Descriptor socket_;
  std::uint16_t number_ = 0;
};

// One at which nobody listens at this moment; another process may take it before
// it is used. Throws std::system_error.
std::uint16_t free_port();

std::string free_address();  // "127.0.0.1:PORT", likewise

}  // namespace assay
