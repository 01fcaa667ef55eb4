// Names of copies that Redis gives no id: elements of lists, published
// messages. No two attempts have the same bytes, so a digest of them will do.
#pragma once

#include <string>
#include <string_view>

namespace assay::redis {

// "CHANNEL/" and 32 hex digits.
std::string name_by_content(const std::string& channel, std::string_view bytes);

}  // namespace assay::redis
