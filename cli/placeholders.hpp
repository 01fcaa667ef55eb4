// {port}, {directory} and {address} in the commands for a server of the user's
// own: what it is told anew with every start.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace assay {

const std::vector<std::string>& known_placeholders();

// The first {word} in this text that is none of them, without its braces; empty:
// there is none. What a shell would read, ${word}, is left to it.
std::string unknown_placeholder(const std::string& text);

// `values` has all of them.
std::string filled_in(const std::string& text, const std::map<std::string, std::string>& values);

}  // namespace assay
