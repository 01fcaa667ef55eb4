// How a job is named in a history.
#pragma once

#include <string>
#include <string_view>

namespace assay::beanstalkd {

// "t5/17-8f3c...": channel, job number, fingerprint of the bytes. A number alone
// names no copy: a server that finds no job in its log starts again at 1.
std::string copy_name(const std::string& channel, std::string_view id, std::string_view bytes);

}  // namespace assay::beanstalkd
