#include "checker/history/plain-lines.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>

namespace assay {
namespace {

constexpr std::size_t block_bytes = 1024 * 1024;
constexpr std::size_t first_slots = 1024;

}  // namespace

void PlainLines::add(Plain what, std::string_view id, Place place) { lines_.push_back({number_of(id), what, place}); }

std::uint32_t PlainLines::number_of(std::string_view id) {
  if ((texts_.size() + 1) * 2 > slots_.size()) grow();
  const auto slot = slot_of(id);
  if (slots_[slot] != 0) return slots_[slot] - 1;
  if (texts_.size() + 1 >= std::numeric_limits<std::uint32_t>::max())
    throw std::runtime_error("read ids: more than 4,294,967,294 different ones");
  texts_.push_back(keep(id));
  slots_[slot] = static_cast<std::uint32_t>(texts_.size());
  return slots_[slot] - 1;
}

// Where the id is, or where it would be.
std::size_t PlainLines::slot_of(std::string_view id) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(id) & mask;
  while (slots_[slot] != 0 && texts_[slots_[slot] - 1] != id) slot = (slot + 1) & mask;
  return slot;
}

void PlainLines::grow() {
  slots_.assign(std::max(first_slots, slots_.size() * 2), 0);
  for (std::uint32_t number = 0; number < texts_.size(); ++number) slots_[slot_of(texts_[number])] = number + 1;
}

std::string_view PlainLines::keep(std::string_view id) {
  if (id.size() > room_) {
    room_ = std::max(block_bytes, id.size());
    blocks_.push_back(std::make_unique<char[]>(room_));
    end_ = blocks_.back().get();
  }
  char* const start = end_;
  end_ = std::copy(id.begin(), id.end(), start);
  room_ -= id.size();
  return {start, id.size()};
}

}  // namespace assay
