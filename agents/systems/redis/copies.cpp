#include "agents/systems/redis/copies.hpp"

#include <xxhash.h>

namespace assay::redis {

std::string name_by_content(const std::string& channel, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  std::string name = channel + "/";
  for (const unsigned char byte : canonical.digest) name.append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  return name;
}

}  // namespace assay::redis
