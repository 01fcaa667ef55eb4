#include "agents/systems/mqtt/copies.hpp"

#include <xxhash.h>

namespace assay::mqtt {

std::string name_by_content(const std::string& channel, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  XXH128_canonical_t fingerprint;
  XXH128_canonicalFromHash(&fingerprint, XXH3_128bits(bytes.data(), bytes.size()));
  std::string name = channel + "/";
  for (const unsigned char byte : fingerprint.digest) {
    name += digits[byte >> 4];
    name += digits[byte & 15];
  }
  return name;
}

}  // namespace assay::mqtt
