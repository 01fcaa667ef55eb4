// How well this very program finds what is planted: the score of its latest
// selftest, kept in the user's state folder under the digest of the executable,
// so that a program built anew has none.
//
// It says what a run would have seen, and decides nothing. A folder that cannot
// be read or written is no score.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace assay {

struct Score {
  std::int64_t found = 0, planted = 0;  // profiles that expect to be found out
  std::int64_t upheld = 0, honest = 0;  // profiles that expect to be upheld
  std::string date;                     // "2025-03-01"

  bool perfect() const { return found == planted && upheld == honest && planted > 0 && honest > 0; }
  bool operator==(const Score&) const = default;
};

std::string today();

std::optional<Score> score_of_this_program();

// Whether it could be kept.
bool keep_score(const Score& score);

// What a report says of it; null: there is no score.
nlohmann::ordered_json to_json(const std::optional<Score>& score);

}  // namespace assay
