// Texts with gaps, as "--to {output}". A gap is a word of letters between braces.
// All other braces stand for themselves, so that JSON needs no escapes, and so
// does ${word}, which a shell reads.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

std::vector<std::string> gaps_in(std::string_view text);

// Fills the gaps that have a value; what is put in is not looked at again.
std::string filled_in(std::string_view text, const std::map<std::string, std::string>& values);

}  // namespace assay
