// Whole files for the store: read at once, written under a temporary name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "checker/history/store.hpp"

namespace assay {

// DamagedHistory if it cannot be had: evidence that is missing.
std::string read_whole_file(const std::filesystem::path& path);

// Mode 0600. The final name appears once all bytes are in; a failure leaves
// neither it nor the temporary one. std::system_error.
void write_whole_file(const std::filesystem::path& path, std::string_view bytes);

// 64 lower-case hex digits.
std::string sha256_of(std::string_view bytes);

// read_packed for bytes at hand; `path` is what errors and Trial::file name.
Trial unpack_trial(std::string_view bytes, const std::filesystem::path& path);

// What write_json_lines writes, and read_json_lines for text at hand.
std::string json_lines_of(const Trial& trial);
std::vector<Trial> parse_json_lines(std::string_view text, const std::filesystem::path& path);

[[noreturn]] void damaged(const std::filesystem::path& path, const std::string& what);
[[noreturn]] void damaged_at_offset(const std::filesystem::path& path, std::uint64_t offset, const std::string& what);
[[noreturn]] void damaged_at_line(const std::filesystem::path& path, std::size_t line, const std::string& what);

}  // namespace assay
