// The text of a profile: JSON with comments, read so that every complaint names
// the line, or the command line's --set, that the value came from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace assay {

// The keys and indices that lead to a value.
using ValuePath = std::vector<std::string>;

// "/workload/messages", as RFC 6901 writes it.
std::string pointer_text(const ValuePath& path);

// "the string \"abc\"", "1.5", "an array": how a complaint says what it found.
std::string found_text(const nlohmann::ordered_json& value);

// Where a value starts, and those inside it.
struct LineTree {
  int line = 1;
  std::map<std::string, LineTree> inside;
};

class ProfileText {
 public:
  // UsageError: cannot be read, a folder, above 1 MiB, not UTF-8, not JSON,
  // nested deeper than 64, a key twice in one object.
  static ProfileText of_file(const std::filesystem::path& file);
  ProfileText(std::string name, std::string_view text);

  // KEY=VALUE from --set: a dotted key; a value that is no JSON is a string.
  // After "system.settings." the rest of the key is one setting's name.
  void set(const std::string& assignment);

  // Puts a value in place of what the file says; `said` is how the user put it.
  void replace(const ValuePath& path, nlohmann::ordered_json value, const std::string& said);

  // Null when there is no such value.
  const nlohmann::ordered_json* find(const ValuePath& path) const;

  // Throws UsageError "PLACE: /pointer: why".
  [[noreturn]] void refuse(const ValuePath& path, const std::string& why) const;

 private:
  struct Replacement {
    ValuePath path;
    std::string said;
  };

  std::string place(const ValuePath& path) const;

  std::string name_;
  nlohmann::ordered_json tree_;
  LineTree lines_;
  std::vector<Replacement> replacements_;
};

struct Range {
  std::int64_t least = INT64_MIN;
  std::int64_t most = INT64_MAX;
};

// One object of a profile while it is read. Keys it does not know are refused
// at once, and a key that is absent leaves its target as it was.
class Section {
 public:
  // `misplaced` maps keys that belong elsewhere to a word about where.
  Section(const ProfileText& text, ValuePath path, std::vector<std::string> known,
          const std::map<std::string, std::string>& misplaced = {});

  bool has(const std::string& key) const { return find(key) != nullptr; }
  const nlohmann::ordered_json* find(const std::string& key) const;

  void take(const std::string& key, std::int64_t& into, Range range) const;
  void take(const std::string& key, std::string& into) const;  // one line of text

  // A list of at least one string, which must be there; what they may be is for the caller to say.
  std::vector<std::string> words(const std::string& key) const;

  [[noreturn]] void refuse(const std::string& key, const std::string& why) const;
  [[noreturn]] void refuse(const std::string& key, std::size_t element, const std::string& why) const;

 private:
  ValuePath path(const std::string& key) const;

  const ProfileText& text_;
  ValuePath path_;
};

// "; did you mean \"x\"? (known: x, y)", the second half of a complaint about a word.
std::string suggestion(const std::string& word, std::vector<std::string> known);

}  // namespace assay
