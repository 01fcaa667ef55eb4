#include "cli/profile-text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "checker/history/names.hpp"
#include "cli/profile.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t size_limit = 1 << 20;
constexpr std::size_t depth_limit = 64;

struct SyntaxError : UsageError {
  using UsageError::UsageError;
};

// What a complaint quotes is foreign: no control characters, and not endless.
std::string tame(std::string text, std::size_t limit) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80) --limit;
  return text.substr(0, limit) + "...";
}

std::string in_quotes(const std::string& text) { return '"' + tame(text, 60) + '"'; }

// The offset of the first byte that is not UTF-8 text (NUL is none: the parser
// would take it for the end), or npos.
std::size_t first_bad_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned lead = byte(at);
    const std::size_t length = lead == 0    ? 0
                               : lead < 0x80 ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0) return at;
    for (std::size_t i = 1; i < length; ++i)
      if ((byte(at + i) & 0xC0U) != 0x80) return at;
    const unsigned second = byte(at + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return at;  // overlong, surrogate
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return at;  // overlong, above U+10FFFF
    at += length;
  }
  return std::string_view::npos;
}

int line_at(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

// Where the parser is.
struct Cursor {
  int line = 1;
  bool line_just_ended = false;
};

// Hands the parser its characters and keeps the cursor.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Cursor& cursor) : at_(at), cursor_(&cursor) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    cursor_->line_just_ended = *at_ == '\n';
    if (cursor_->line_just_ended) ++cursor_->line;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  Cursor* cursor_;
};

// Builds the value and its lines. The parser does not recurse, so a depth bomb
// ends in an exception from here and not in an overflow.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(const std::string& name, std::string_view text, const Cursor& cursor, Json& tree, LineTree& lines)
      : name_(name), text_(text), cursor_(cursor), tree_(tree), lines_(lines) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(std::int64_t value) override { return number(value); }
  bool number_unsigned(std::uint64_t value) override { return number(value); }
  bool number_float(double value, const std::string&) override { return number(value); }
  bool string(std::string& value) override { return scalar(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return enter(Json::object()); }
  bool start_array(std::size_t) override { return enter(Json::array()); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }

  bool key(std::string& name) override {
    const Place& object = open_.back();
    const auto [found, fresh] = object.lines->inside.try_emplace(name);
    if (!fresh) {
      complain(cursor_.line, in_quotes(name) + " stands twice in the same object, first in line " +
                                 std::to_string(found->second.line));
    }
    found->second.line = cursor_.line;
    // push_back: the map of ordered JSON would search for the key once more, from the front.
    auto& members = object.value->get_ref<Json::object_t&>();
    members.push_back({name, nullptr});
    member_ = {&members.back().second, &found->second};
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    const std::size_t offset = std::min(position > 0 ? position - 1 : 0, text_.size());
    const auto start = text_.substr(0, offset).rfind('\n');
    const auto column = start == std::string_view::npos ? offset + 1 : offset - start;
    const std::string said = error.what();
    const auto cut = said.find(": ");
    throw SyntaxError(name_ + ":" + std::to_string(line_at(text_, offset)) + ":" + std::to_string(column) + ": " +
                      tame(cut == std::string::npos ? said : said.substr(cut + 2), 240));
  }

 private:
  struct Place {
    Json* value = nullptr;
    LineTree* lines = nullptr;
  };

  Place put(Json value, int line) {
    if (open_.empty()) {
      tree_ = std::move(value);
      lines_.line = line;
      return {&tree_, &lines_};
    }
    const Place& holder = open_.back();
    if (!holder.value->is_array()) {
      *member_.value = std::move(value);
      return member_;
    }
    LineTree& lines = holder.lines->inside[std::to_string(holder.value->size())];
    lines.line = line;
    holder.value->push_back(std::move(value));
    return {&holder.value->back(), &lines};
  }

  bool scalar(Json value) {
    put(std::move(value), cursor_.line);
    return true;
  }

  // A number ends where the next character is not part of it, so one was read too many.
  bool number(Json value) {
    put(std::move(value), cursor_.line - (cursor_.line_just_ended ? 1 : 0));
    return true;
  }

  bool enter(Json value) {
    if (open_.size() == depth_limit)
      complain(cursor_.line, "nested deeper than " + std::to_string(depth_limit) + " levels");
    open_.push_back(put(std::move(value), cursor_.line));
    return true;
  }

  bool leave() {
    open_.pop_back();
    return true;
  }

  [[noreturn]] void complain(int line, const std::string& what) const {
    throw UsageError(name_ + ":" + std::to_string(line) + ": " + what);
  }

  const std::string& name_;
  std::string_view text_;
  const Cursor& cursor_;
  Json& tree_;
  LineTree& lines_;
  std::vector<Place> open_;  // objects and arrays not yet closed, outermost first
  Place member_;             // whose key was read last
};

void parse(const std::string& name, std::string_view text, Json& tree, LineTree& lines) {
  Cursor cursor;
  TreeBuilder builder(name, text, cursor, tree, lines);
  const bool strict = true, comments = true;
  Json::sax_parse(CountingIterator(text.data(), cursor), CountingIterator(text.data() + text.size(), cursor), &builder,
                  Json::input_format_t::json, strict, comments);
}

std::string read_text(const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& why) { throw UsageError(tame(file.string(), 400) + ": " + why); };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) refuse("this is a folder, expected a profile file");

  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(std::string("cannot be opened: ") + std::strerror(errno));
  std::string text(size_limit + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) refuse(std::string("cannot be read: ") + std::strerror(errno));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > size_limit) refuse("larger than 1 MiB, which no profile is");
  return text;
}

ValuePath path_of_dotted(const std::string& key, const std::string& said) {
  const std::string settings = "system.settings.";
  if (key.size() > settings.size() && key.starts_with(settings))
    return {"system", "settings", key.substr(settings.size())};

  ValuePath path;
  for (std::size_t start = 0; start <= key.size();) {
    const std::size_t end = std::min(key.find('.', start), key.size());
    path.push_back(key.substr(start, end - start));
    start = end + 1;
  }
  if (path.size() > depth_limit || std::ranges::any_of(path, &std::string::empty))
    throw UsageError(said + ": not a dotted key, as in --set workload.messages=10");
  return path;
}

std::string wanted(Range range) {
  const bool least = range.least != Range{}.least, most = range.most != Range{}.most;
  const std::string from = std::to_string(range.least), to = std::to_string(range.most);
  if (least && most) return "an integer from " + from + " to " + to;
  if (least) return "an integer of at least " + from;
  if (most) return "an integer of at most " + to;
  return "an integer";
}

bool starts_with(const ValuePath& path, const ValuePath& start) {
  return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

}  // namespace

ProfileText ProfileText::of_file(const std::filesystem::path& file) {
  if (first_bad_byte(file.string()) != std::string::npos)
    throw UsageError(tame(file.string(), 400) + ": the file's name is not UTF-8");
  return {tame(file.string(), 400), read_text(file)};
}

ProfileText::ProfileText(std::string name, std::string_view text) : name_(std::move(name)) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    throw UsageError(name_ + ": empty, expected a JSON object");
  const auto bad = first_bad_byte(text);
  if (bad != std::string_view::npos)
    throw UsageError(name_ + ":" + std::to_string(line_at(text, bad)) + ": not UTF-8 text (byte " +
                     std::to_string(bad + 1) + ")");
  parse(name_, text, tree_, lines_);
}

void ProfileText::set(const std::string& assignment) {
  const std::string said = "--set " + tame(assignment, 80);
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError(said + ": expected KEY=VALUE, as in --set workload.messages=10");
  if (first_bad_byte(assignment) != std::string::npos) throw UsageError(said + ": not UTF-8 text");

  const std::string text = assignment.substr(equals + 1);
  Json value;
  try {
    LineTree unused;
    parse(said, text, value, unused);
  } catch (const SyntaxError&) {
    value = text;
  }
  replace(path_of_dotted(assignment.substr(0, equals), said), std::move(value), said);
}

void ProfileText::replace(const ValuePath& path, Json value, const std::string& said) {
  Json* at = &tree_;
  ValuePath walked;
  for (const auto& key : path) {
    if (walked == ValuePath{"system"} && at->is_string()) *at = Json{{"name", *at}};  // the short form
    if (at->is_null()) *at = Json::object();
    if (!at->is_object()) {
      throw UsageError(tame(said, 88) + ": " + pointer_text(path) + ": " +
                       (walked.empty() ? "the profile" : pointer_text(walked)) + " is not an object but " +
                       found_text(*at));
    }
    at = &(*at)[key];
    walked.push_back(key);
  }
  *at = std::move(value);
  replacements_.push_back({path, said});
}

const Json* ProfileText::find(const ValuePath& path) const {
  const Json* at = &tree_;
  for (const auto& key : path) {
    if (at->is_array()) {  // paths into arrays come from our own loops
      at = &at->at(static_cast<std::size_t>(std::stoul(key)));
      continue;
    }
    if (!at->is_object()) return nullptr;
    const auto member = at->find(key);
    if (member == at->end()) return nullptr;
    at = &*member;
  }
  return at;
}

void ProfileText::refuse(const ValuePath& path, const std::string& why) const {
  const std::string pointer = path.empty() ? "" : tame(pointer_text(path), 120) + ": ";
  throw UsageError(place(path) + ": " + pointer + tame(why, 2000));
}

std::string ProfileText::place(const ValuePath& path) const {
  for (auto replaced = replacements_.rbegin(); replaced != replacements_.rend(); ++replaced)
    if (starts_with(path, replaced->path)) return tame(replaced->said, 88);

  const LineTree* at = &lines_;
  for (const auto& key : path) {
    const auto inside = at->inside.find(key);
    if (inside == at->inside.end()) break;
    at = &inside->second;
  }
  return name_ + ":" + std::to_string(at->line);
}

Section::Section(const ProfileText& text, ValuePath path, std::vector<std::string> known,
                 const std::map<std::string, std::string>& misplaced)
    : text_(text), path_(std::move(path)) {
  const Json* object = text_.find(path_);
  if (object == nullptr) return;
  if (!object->is_object()) text_.refuse(path_, "expected an object, found " + found_text(*object));
  for (const auto& member : object->items()) {
    const std::string& key = member.key();
    if (std::ranges::find(known, key) != known.end()) continue;
    if (misplaced.contains(key)) refuse(key, "stands in the wrong place; " + misplaced.at(key));
    refuse(key, "unknown key" + suggestion(key, known));
  }
}

ValuePath Section::path(const std::string& key) const {
  ValuePath inside = path_;
  inside.push_back(key);
  return inside;
}

const Json* Section::find(const std::string& key) const { return text_.find(path(key)); }

void Section::refuse(const std::string& key, const std::string& why) const { text_.refuse(path(key), why); }

void Section::refuse(const std::string& key, std::size_t element, const std::string& why) const {
  ValuePath inside = path(key);
  inside.push_back(std::to_string(element));
  text_.refuse(inside, why);
}

void Section::take(const std::string& key, std::int64_t& into, Range range) const {
  const Json* value = find(key);
  if (value == nullptr) return;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  if (!fits || value->get<std::int64_t>() < range.least || value->get<std::int64_t>() > range.most)
    refuse(key, "expected " + wanted(range) + ", found " + found_text(*value));
  into = value->get<std::int64_t>();
}

void Section::take(const std::string& key, std::string& into) const {
  const Json* value = find(key);
  if (value == nullptr) return;
  if (!value->is_string()) refuse(key, "expected a string, found " + found_text(*value));
  into = value->get<std::string>();
  if (into != tame(into, into.size())) refuse(key, "expected one line of text without control characters");
}

std::vector<std::string> Section::words(const std::string& key) const {
  const Json& value = *find(key);
  if (!value.is_array()) refuse(key, "expected a list of strings, found " + found_text(value));
  if (value.empty()) refuse(key, "expected at least one word in this list");
  std::vector<std::string> words;
  for (const Json& word : value) {
    if (!word.is_string()) refuse(key, words.size(), "expected a string, found " + found_text(word));
    words.push_back(word.get<std::string>());
  }
  return words;
}

std::string pointer_text(const ValuePath& path) {
  std::string text;
  for (const auto& key : path) {
    text += '/';
    for (const char c : key) {
      if (c == '~') text += "~0";
      else if (c == '/') text += "~1";
      else text += c;
    }
  }
  return text;
}

std::string found_text(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "the string " + in_quotes(value.get<std::string>());
  return value.dump();
}

std::string suggestion(const std::string& word, std::vector<std::string> known) {
  std::ranges::sort(known);
  const std::string near = nearest(word, known);
  std::string list;
  for (const auto& one : known) list += (list.empty() ? "" : ", ") + one;
  return (near.empty() ? "" : "; did you mean \"" + near + "\"?") + " (known: " + (list.empty() ? "none" : list) + ")";
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  return nearest_name(word, candidates);
}

}  // namespace assay
