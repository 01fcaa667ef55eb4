// The lines of a history that say no more than "this id was sent", "this id
// arrived". They are most lines of most foreign histories, and an Event is fifty
// times as large as what they say.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "checker/history/trial.hpp"

namespace assay {

enum class Plain : std::uint8_t {
  acked,      // a send that the system acknowledged
  attempted,  // a send that nobody knows the outcome of
  failed,     // a send that the system refused for certain
  delivered,  // a consumer was given it
};

struct PlainLine {
  std::uint32_t id = 0;  // PlainLines::text() has it
  Plain what{};
  Place place;
};

// Owns the text of its ids, each once.
class PlainLines {
 public:
  void add(Plain what, std::string_view id, Place place);

  const std::vector<PlainLine>& lines() const { return lines_; }
  std::size_t ids() const { return texts_.size(); }
  std::string_view text(std::uint32_t id) const { return texts_[id]; }

 private:
  std::uint32_t number_of(std::string_view id);
  std::size_t slot_of(std::string_view id) const;
  void grow();
  std::string_view keep(std::string_view id);

  std::vector<PlainLine> lines_;
  std::vector<std::string_view> texts_;
  std::vector<std::uint32_t> slots_;  // number of an id + 1; 0: free. A power of two of them
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t room_ = 0;  // left in the last block
  char* end_ = nullptr;   // of what is used there
};

}  // namespace assay
