// A trial's history in memory: what every incarnation left behind.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "checker/history/event.hpp"
#include "checker/history/windows.hpp"

namespace assay {

// Whether an incarnation may have been cut off in the middle of a record.
enum class Ending : std::uint8_t { finished, killed };

// Where an event stands in files that somebody else wrote.
struct Place {
  std::uint32_t file = 0;  // of Trial::files
  std::uint64_t line = 0;  // from 1

  bool operator==(const Place&) const = default;
};

// Everything one incarnation recorded, and how far it can be trusted.
struct Recording {
  std::string process;  // "producer-0", "broker", "harness", "auditor"
  std::int64_t incarnation = 0;
  std::int64_t trial = 0;
  Ending ending = Ending::finished;

  std::vector<Event> events;  // n = 1, 2, 3 ... unless damaged

  Window last_window = Window::none;
  std::map<Window, std::int64_t> hits;  // how often each window was passed; none at zero

  std::int64_t torn = 0;  // unfinished last records that were dropped: 0 or 1
  std::string damage;     // empty: whole. Otherwise what is missing or unreadable, for people.
  std::vector<Place> places;  // of the events, in foreign files; empty: record_number() counts them

  bool operator==(const Recording&) const = default;
};

struct Trial {
  std::int64_t number = 0;
  std::string file;  // where it is stored, relative to the run's directory; in witnesses
  std::vector<Recording> recordings;
  std::vector<std::string> files;  // what places refer to

  bool operator==(const Trial&) const = default;
};

// An event by its place in a trial.
struct EventRef {
  std::size_t recording = 0;
  std::size_t event = 0;

  auto operator<=>(const EventRef&) const = default;
};

// How often each window was passed, by name: as the header counted it, or as the
// points on record say of an agent that has no such header.
std::map<std::string, std::int64_t> passes_of(const Recording& recording);

// The window that was passed last; empty: none.
std::string last_window_of(const Recording& recording);

const Event& event_at(const Trial& trial, EventRef ref);

// "file:record" finds an event again. Events are numbered from 1 through all
// recordings of the stored file; in a foreign file it is the line.
std::int64_t record_number(const Trial& trial, EventRef ref);
const std::string& file_of(const Trial& trial, EventRef ref);

// All events ordered by time; equal times keep the order of the recordings.
std::vector<EventRef> in_time_order(const Trial& trial);

}  // namespace assay
