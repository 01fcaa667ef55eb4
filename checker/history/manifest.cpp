// manifest.json: pretty JSON, and a last line with its own SHA-256.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "checker/history/files.hpp"
#include "checker/history/store.hpp"

namespace assay {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* file_name = "manifest.json";
constexpr const char* schema = "assay-manifest/1";
constexpr std::string_view seal_word = "sha256 ";
constexpr std::string_view end_names[] = {"complete", "interrupted"};

ordered_json json_of(const StoredFile& file) {
  ordered_json entry;
  entry["name"] = file.name;
  entry["bytes"] = file.bytes;
  entry["sha256"] = file.sha256;
  for (const auto& section : file.sections)
    entry["sections"].push_back(
        {{"incarnation", section.incarnation}, {"last_n", section.last_n}, {"torn", section.torn}});
  return entry;
}

StoredFile file_of(const json& entry) {
  StoredFile file;
  file.name = entry.at("name").get<std::string>();
  file.bytes = entry.at("bytes").get<std::uint64_t>();
  file.sha256 = entry.at("sha256").get<std::string>();
  if (entry.contains("sections"))
    for (const auto& section : entry["sections"])
      file.sections.push_back({.incarnation = section.at("incarnation").get<std::string>(),
                               .last_n = section.at("last_n").get<std::int64_t>(),
                               .torn = section.at("torn").get<std::int64_t>()});
  return file;
}

Manifest manifest_of(const json& document) {
  if (document.at("schema") != schema) throw std::runtime_error("its schema is not assay-manifest/1");
  Manifest manifest;
  const auto end = document.at("end").get<std::string>();
  if (end != end_names[0] && end != end_names[1]) throw std::runtime_error("unknown end \"" + end + '"');
  manifest.end = end == end_names[0] ? RunEnd::complete : RunEnd::interrupted;
  for (const auto& entry : document.at("files")) manifest.files.push_back(file_of(entry));
  return manifest;
}

std::string seal_of(std::string_view text) { return std::string(seal_word) + sha256_of(text) + "\n"; }

}  // namespace

void write_manifest(const Manifest& manifest, const std::filesystem::path& directory) {
  ordered_json document;
  document["schema"] = schema;
  document["end"] = end_names[static_cast<std::size_t>(manifest.end)];
  document["files"] = ordered_json::array();
  for (const StoredFile& file : manifest.files) document["files"].push_back(json_of(file));

  const std::string text = document.dump(2) + "\n";
  write_whole_file(directory / file_name, text + seal_of(text));
}

Manifest read_manifest(const std::filesystem::path& directory) {
  const auto path = directory / file_name;
  const std::string text = read_whole_file(path);
  const auto seal_bytes = seal_of("").size();
  if (text.size() < seal_bytes) damaged(path, "it is too short to carry its sha256");
  const auto content = std::string_view(text).substr(0, text.size() - seal_bytes);
  if (text.substr(content.size()) != seal_of(content)) damaged(path, "its last line is not the sha256 of what precedes it");

  try {
    return manifest_of(json::parse(content));
  } catch (const std::runtime_error& error) {
    damaged(path, error.what());
  } catch (const json::exception& error) {
    damaged(path, error.what());
  }
}

}  // namespace assay
