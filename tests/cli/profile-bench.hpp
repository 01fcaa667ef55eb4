// What the tests of profiles and of systems share: a system that describes
// itself as they like, and profiles for it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/profile.hpp"
#include "tests/files.hpp"

namespace assay {

// What the adapter assay-fake of these tests says about itself.
inline nlohmann::ordered_json fake_description() {
  return nlohmann::ordered_json::parse(R"({
    "system": "fake", "version": "1.2", "address": "tcp", "emulated": ["dedup"],
    "abilities": {"shape": "queue", "send_answered": true, "ack": "each", "backlog": "none"},
    "timers": [],
    "settings": [
      {"name": "sync", "type": "string", "default": "always", "values": ["always", "never"]},
      {"name": "log.keep", "type": "integer", "default": 5, "min": 1, "max": 9},
      {"name": "delay", "type": "integer", "default": 0},
      {"name": "strict", "type": "boolean", "default": false}
    ],
    "windows": false
  })");
}

// A private folder with the adapter assay-fake in systems/ and profiles in
// profiles/, where find_systems and find_profiles look.
class Bench {
 public:
  Bench() {
    std::filesystem::create_directories(root() / "systems");
    setenv("ASSAY_SYSTEMS", (root() / "systems").c_str(), 1);
    setenv("ASSAY_PROFILES", (root() / "profiles").c_str(), 1);
    describe(fake_description().dump());
  }
  Bench(const Bench&) = delete;
  ~Bench() {
    unsetenv("ASSAY_SYSTEMS");
    unsetenv("ASSAY_PROFILES");
  }

  const std::filesystem::path& root() const { return root_.path(); }

  // What assay-NAME prints when asked, and how it ends.
  void describe(const std::string& printed, const std::string& ending = "exit 0", const std::string& name = "fake") {
    write("systems/" + name + ".json", printed);
    const std::filesystem::path program =
        write("systems/assay-" + name, "#!/bin/sh\ncat \"$(dirname \"$0\")/" + name + ".json\"\n" + ending + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    const std::filesystem::path file = root() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  Profile load(const std::string& text, const std::vector<std::string>& sets = {}, const std::string& claim = {}) {
    return load_profile(write("profiles/group/x.json", text), sets, claim);
  }

  // Why a profile is refused; the file's name is shortened to x.json.
  std::string refusal(const std::string& text, const std::vector<std::string>& sets = {},
                      const std::string& claim = {}) {
    try {
      load(text, sets, claim);
    } catch (const UsageError& error) {
      return shortened(error.what());
    }
    return "accepted";
  }

  std::string shortened(std::string said) const {
    for (const std::string& long_form : {(root() / "profiles/group/").string(), root().string() + "/"})
      for (auto at = said.find(long_form); at != std::string::npos; at = said.find(long_form))
        said.erase(at, long_form.size());
    return said;
  }

 private:
  // On a disk that lets programs run; a memory disk need not.
  TemporaryDirectory root_{std::filesystem::temp_directory_path()};
};

inline const std::string least = R"({"system": "fake", "claim": "at-least-once"})";

// A whole profile with one part replaced: part("workload", R"({"size": 1})").
inline std::string with(const std::string& key, const std::string& value) {
  return R"({"system": "fake", "claim": "at-least-once",)" "\n\"" + key + "\": " + value + "}";
}

inline Profile least_profile(const Bench& bench) {
  Profile profile;
  profile.name = "group/x";
  profile.system = "fake";
  profile.settings = nlohmann::ordered_json::parse(R"({"sync": "always", "log.keep": 5, "delay": 0, "strict": false})");
  profile.claim = parse_claim("at-least-once @ committed");
  profile.file = bench.root() / "profiles/group/x.json";
  return profile;
}

}  // namespace assay
