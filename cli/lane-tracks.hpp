// The lanes of a diagram on the terminal: their columns, and which of them live,
// are paused or gone while time runs down.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "cli/lane-row.hpp"
#include "cli/path.hpp"

namespace assay {

class LaneTracks {
 public:
  LaneTracks(const Json& witness, const Look& look);

  bool fit() const;
  int first_column() const;
  int column_of(const Lane& lane) const;

  // The names of the processes, and which life of several is the first.
  void heads(LaneRow& row, const std::string& broker) const;
  void bars(LaneRow& row) const;

  // Somebody does something: "#2 restarted" after #1 was killed, "#2 started" beside it, "#1 goes on", or nothing new about its life.
  std::string act(const Lane& lane);

  // A fault strikes, or the harness tells of a life's begin or end.
  void strike(const Strike& strike);

 private:
  struct Track {
    int column = 0;
    std::int64_t first = 0, highest = 0, lives = 0;  // incarnations in this witness
    std::int64_t now = 0;
    bool gone = false, paused = false;
  };

  void meet(const Lane& lane);
  Track* track_of(Lane lane);

  const Look& look_;
  std::map<Lane, Track> tracks_;  // in the order of a message's path; all lives of a process are one
  int gap_ = 0;
};

}  // namespace assay
