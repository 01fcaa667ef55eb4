// What a copy is called where MQTT gives it no name: packet ids are of one
// connection, and start again.
#pragma once

#include <string>
#include <string_view>

namespace assay::mqtt {

// "CHANNEL/FINGERPRINT": no two attempts have the same bytes.
std::string name_by_content(const std::string& channel, std::string_view bytes);

}  // namespace assay::mqtt
