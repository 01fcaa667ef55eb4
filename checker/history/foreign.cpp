#include "checker/history/foreign.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "checker/history/files.hpp"
#include "checker/history/foreign-line.hpp"
#include "checker/history/line-source.hpp"

namespace assay {
namespace {

bool begins_packed(const std::string& path) {
  std::string first(8, '\0');
  std::ifstream stream(path, std::ios::binary);
  return stream.read(first.data(), static_cast<std::streamsize>(first.size())) && first == "ASSAYPAK";
}

bool is_strict(std::string_view first_line) {
  const auto first = nlohmann::json::parse(first_line, nullptr, false);
  return first.is_object() && first.contains("assay-history");
}

// The strict form has a time on every line, also where nobody knew one.
bool times_say_nothing(const std::vector<Trial>& trials) {
  for (const auto& trial : trials)
    for (const auto& recording : trial.recordings)
      for (const auto& event : recording.events)
        if (event.time != 0) return false;
  return true;
}

// Puts events where they belong: trial, process, incarnation.
class TrialsOfLines {
 public:
  explicit TrialsOfLines(std::vector<std::string> files) : files_(std::move(files)) {}

  void add(Event event, bool numbered, Place place) {
    Recording& recording = recording_of_event(event);
    const auto due = recording.events.empty() ? 1 : recording.events.back().n + 1;
    if (numbered && event.n != due && recording.damage.empty())
      recording.damage = files_[place.file] + ":" + std::to_string(place.line) + ": event " + std::to_string(event.n) +
                         " stands where " + std::to_string(due) + " is due";
    if (!numbered) event.n = due;
    recording.events.push_back(std::move(event));
    recording.places.push_back(place);
  }

  // A whole trial from a file of its own; its events are found by their number.
  void add(Trial&& trial, std::uint32_t file) {
    Trial& known = trial_numbered(trial.number);
    for (auto& recording : trial.recordings) {
      const auto key = std::tuple(recording.trial, recording.process, recording.incarnation);
      if (!places_.try_emplace(key, known.recordings.size()).second)
        damaged(files_[file], "another file has events of " + incarnation_name(recording.process, recording.incarnation) +
                                  " of trial " + std::to_string(trial.number) + ", too");
      for (std::size_t i = 0; i < recording.events.size(); ++i) recording.places.push_back({file, ++numbers_[file]});
      known.recordings.push_back(std::move(recording));
    }
  }

  std::vector<Trial> take() && { return std::move(trials_); }

 private:
  Trial& trial_numbered(std::int64_t number) {
    auto trial = std::find_if(trials_.begin(), trials_.end(), [&](const Trial& known) { return known.number == number; });
    if (trial != trials_.end()) return *trial;
    return trials_.emplace_back(Trial{.number = number, .file = files_.front(), .recordings = {}, .files = files_});
  }

  Recording& recording_of_event(const Event& event) {
    Trial& trial = trial_numbered(event.trial);
    const auto [place, fresh] = places_.try_emplace({event.trial, event.process, event.incarnation}, trial.recordings.size());
    if (fresh) {
      Recording recording;
      recording.process = event.process;
      recording.incarnation = event.incarnation;
      recording.trial = event.trial;
      trial.recordings.push_back(std::move(recording));
    }
    return trial.recordings[place->second];
  }

  std::vector<std::string> files_;
  std::vector<Trial> trials_;
  std::map<std::tuple<std::int64_t, std::string, std::int64_t>, std::size_t> places_;
  std::map<std::uint32_t, std::uint64_t> numbers_;  // events so far of a file that is read as a whole
};

// Lines stay plain as long as all are: then an id is all that is kept of each.
class ForeignReader {
 public:
  explicit ForeignReader(const std::vector<std::string>& paths) : paths_(paths), trials_(paths) {}

  ForeignHistory read() && {
    for (file_ = 0; file_ < paths_.size(); ++file_) read_file(paths_[file_]);
    if (plain_) return std::move(history_);
    history_.trials = std::move(trials_).take();
    history_.timed = untimed_ == 0;
    if (!history_.timed) forget_times();
    return std::move(history_);
  }

 private:
  void read_file(const std::string& path) {
    if (path != "-" && begins_packed(path)) return add_trials(std::vector{read_packed(path)});
    LineSource lines(path);
    std::string_view line;
    for (bool first = true; lines.next(line); first = false) {
      if (first && is_strict(line)) return read_strictly(std::string(line), lines);
      read_line(line, lines);
    }
  }

  void read_line(std::string_view line, const LineSource& lines) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    try {
      add(foreign_line(line), {file_, lines.number()});
    } catch (const std::runtime_error& error) {
      lines.refuse(error.what() + std::string(lines.ended() ? "" : " (the last line has no line end: was it cut?)"));
    }
  }

  void read_strictly(std::string text, LineSource& lines) {
    text += lines.ended() ? "\n" : "";
    for (std::string_view line; lines.next(line);) text.append(line).append(lines.ended() ? "\n" : "");
    add_trials(parse_json_lines(text, lines.name()));
  }

  void add_trials(std::vector<Trial> trials) {
    leave_plain();
    untimed_ += times_say_nothing(trials);
    for (auto& trial : trials) trials_.add(std::move(trial), file_);
  }

  void add(ForeignLine read, Place place) {
    if (plain_ && read.plain) return history_.plain.add(*read.plain, read.event.message, place);
    leave_plain();
    if (!read.timed) ++untimed_;
    trials_.add(std::move(read.event), read.numbered, place);
  }

  void leave_plain() {
    if (!plain_) return;
    plain_ = false;
    const PlainLines plain = std::move(history_.plain);
    history_.plain = {};
    untimed_ = plain.lines().size();
    for (const auto& line : plain.lines()) trials_.add(event_of(line.what, plain.text(line.id)), false, line.place);
  }

  // Some times order nothing: between a line that has one and a line that has none nobody can tell.
  void forget_times() {
    for (auto& trial : history_.trials)
      for (auto& recording : trial.recordings)
        for (auto& event : recording.events) event.time = 0;
  }

  const std::vector<std::string>& paths_;
  std::uint32_t file_ = 0;
  bool plain_ = true;
  std::uint64_t untimed_ = 0;
  ForeignHistory history_;
  TrialsOfLines trials_;
};

}  // namespace

ForeignHistory read_foreign(const std::vector<std::string>& paths) { return ForeignReader(paths).read(); }

std::vector<Trial> events_of(const PlainLines& plain, const std::vector<std::string>& files) {
  TrialsOfLines trials(files);
  for (const auto& line : plain.lines()) trials.add(event_of(line.what, plain.text(line.id)), false, line.place);
  return std::move(trials).take();
}

}  // namespace assay
