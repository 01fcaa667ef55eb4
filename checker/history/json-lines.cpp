// A history as JSON lines: for people, for agents in other languages, and for
// histories that were recorded elsewhere. See format.md.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "checker/history/event-codec.hpp"
#include "checker/history/event-json.hpp"
#include "checker/history/files.hpp"
#include "checker/history/store.hpp"

namespace assay {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::int64_t json_lines_version = 1;
constexpr std::string_view ending_names[] = {"finished", "killed"};

// What the events alone do not tell. Without it a recording read back from JSON
// would look sounder than the one that was written.
bool needs_a_word(const Recording& recording) {
  return recording.ending != Ending::finished || recording.last_window != Window::none || !recording.hits.empty() ||
         recording.torn != 0 || !recording.damage.empty() || recording.events.empty();
}

ordered_json word_on(const Recording& recording) {
  ordered_json word;
  word["process"] = recording.process;
  word["incarnation"] = recording.incarnation;
  word["trial"] = recording.trial;
  word["ending"] = ending_names[static_cast<std::size_t>(recording.ending)];
  if (recording.last_window != Window::none) word["last_window"] = name(recording.last_window);
  for (const auto& [window, count] : recording.hits) word["hits"][std::string(name(window))] = count;
  if (recording.torn != 0) word["torn"] = recording.torn;
  if (!recording.damage.empty()) word["damage"] = recording.damage;
  return word;
}

std::string first_line(const Trial& trial) {
  ordered_json line;
  line["assay-history"] = json_lines_version;
  const auto& recordings = trial.recordings;
  if (std::any_of(recordings.begin(), recordings.end(), needs_a_word))
    for (const Recording& recording : recordings) line["recordings"].push_back(word_on(recording));
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Window window_of(const std::string& text) {
  const auto window = window_named(text);
  if (!window) throw std::runtime_error("unknown window \"" + text + '"');
  return *window;
}

Recording recording_of(const json& word) {
  Recording recording;
  recording.process = word.at("process").get<std::string>();
  recording.incarnation = word.at("incarnation").get<std::int64_t>();
  recording.trial = word.at("trial").get<std::int64_t>();
  const auto ending = word.at("ending").get<std::string>();
  if (std::find(std::begin(ending_names), std::end(ending_names), ending) == std::end(ending_names))
    throw std::runtime_error("unknown ending \"" + ending + '"');
  recording.ending = ending == ending_names[0] ? Ending::finished : Ending::killed;
  if (word.contains("last_window")) recording.last_window = window_of(word["last_window"].get<std::string>());
  if (word.contains("hits"))
    for (const auto& [window, count] : word["hits"].items()) recording.hits[window_of(window)] = count.get<std::int64_t>();
  recording.torn = word.value("torn", std::int64_t{0});
  recording.damage = word.value("damage", std::string());
  return recording;
}

class LinesReader {
 public:
  explicit LinesReader(const std::filesystem::path& path) : path_(path) {}

  std::vector<Trial> read(std::string_view rest) && {
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      ++line_;
      read_line(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    if (line_ == 0) damaged_at_line(path_, 1, "the file has no line {\"assay-history\": 1}");
    if (!rest.empty()) read_cut_line(rest);
    return std::move(trials_);
  }

 private:
  void read_line(std::string_view line) {
    try {
      if (line_ == 1)
        read_first_line(line);
      else
        add(from_json_line(line));
    } catch (const std::runtime_error& error) {
      damaged_at_line(path_, line_, error.what());
    } catch (const json::exception& error) {
      damaged_at_line(path_, line_, error.what());
    }
  }

  void read_first_line(std::string_view line) {
    const auto first = json::parse(line);
    if (!first.is_object() || !first.contains("assay-history"))
      throw std::runtime_error("the file does not begin with {\"assay-history\": 1}");
    if (first["assay-history"] != json_lines_version)
      throw std::runtime_error("the version of the format is not " + std::to_string(json_lines_version));
    if (!first.contains("recordings")) return;
    for (const auto& word : first["recordings"]) {
      Recording told = recording_of(word);
      Recording& recording = recording_like(told.process, told.incarnation, told.trial);
      recording = std::move(told);
    }
  }

  void add(Event event) {
    Recording& recording = recording_like(event.process, event.incarnation, event.trial);
    const auto due = recording.events.empty() ? 1 : recording.events.back().n + 1;
    if (event.n != due && recording.damage.empty())
      recording.damage = "line " + std::to_string(line_) + ": event " + std::to_string(event.n) + " stands where " +
                         std::to_string(due) + " is due";
    recording.events.push_back(std::move(event));
  }

  // What a kill left of a last write. It counts for its incarnation, provided
  // that the line got far enough to name it.
  void read_cut_line(std::string_view line) {
    ++line_;
    EventTokens tokens;
    json::sax_parse(line.begin(), line.end(), &tokens);
    for (const char* name : {"process", "incarnation", "trial"})
      if (!tokens.has_whole(name))
        damaged_at_line(path_, line_, "the line is cut short and does not tell whose it was");

    const Event& event = tokens.event();
    Recording& recording = recording_like(event.process, event.incarnation, event.trial);
    recording.ending = Ending::killed;
    recording.torn = 1;
  }

  Recording& recording_like(const std::string& process, std::int64_t incarnation, std::int64_t number) {
    auto trial = std::find_if(trials_.begin(), trials_.end(), [&](const Trial& known) { return known.number == number; });
    if (trial == trials_.end())
      trial = trials_.insert(trial, Trial{.number = number, .file = path_.filename().string(), .recordings = {}});

    const auto [place, fresh] = places_.try_emplace({number, process, incarnation}, trial->recordings.size());
    if (fresh)
      trial->recordings.push_back({.process = process,
                                   .incarnation = incarnation,
                                   .trial = number,
                                   .ending = Ending::finished,
                                   .events = {},
                                   .last_window = Window::none,
                                   .hits = {},
                                   .torn = 0,
                                   .damage = {}});
    return trial->recordings[place->second];
  }

  const std::filesystem::path& path_;
  std::size_t line_ = 0;
  std::vector<Trial> trials_;
  std::map<std::tuple<std::int64_t, std::string, std::int64_t>, std::size_t> places_;
};

}  // namespace

std::string json_lines_of(const Trial& trial) {
  std::string text = first_line(trial);
  for (const Recording& recording : trial.recordings)
    for (const Event& event : recording.events) text.append(to_json_line(event)).append("\n");
  return text;
}

void write_json_lines(const Trial& trial, const std::filesystem::path& path) { write_whole_file(path, json_lines_of(trial)); }

std::vector<Trial> read_json_lines(const std::filesystem::path& path) { return parse_json_lines(read_whole_file(path), path); }

std::vector<Trial> parse_json_lines(std::string_view text, const std::filesystem::path& path) {
  return LinesReader(path).read(text);
}

}  // namespace assay
