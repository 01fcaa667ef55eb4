#include "agents/systems/beanstalkd/job.hpp"

#include <cstdint>

namespace assay::beanstalkd {
namespace {

// FNV-1a.
std::uint64_t fingerprint(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

std::string hex(std::uint64_t number) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4) *digit = "0123456789abcdef"[number & 15];
  return text;
}

}  // namespace

std::string copy_name(const std::string& channel, std::string_view id, std::string_view bytes) {
  return channel + "/" + std::string(id) + "-" + hex(fingerprint(bytes));
}

}  // namespace assay::beanstalkd
