// Which of the known names somebody may have meant.
#pragma once

#include <string>
#include <vector>

namespace assay {

// The candidate nearest to `word`, or empty when none is near.
std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace assay
