// What one incarnation of an agent leaves behind while it runs: our own agents in
// a mapped file, those of users in JSON lines (line-trail.hpp).
#pragma once

#include <filesystem>
#include <string>

#include "agents/control/configuration.hpp"
#include "agents/recording/recorder.hpp"
#include "cli/marks.hpp"

namespace assay {

class Trail : public Marks {
 public:
  // Takes in what has come since. Returns what is wrong with it, with the line;
  // empty: nothing.
  virtual std::string follow() { return {}; }

  virtual const std::filesystem::path& file() const = 0;
  virtual std::uint64_t length() = 0;  // grows with every event
  virtual Recording read(Ending ending) = 0;
};

class RecordTrail : public Trail {
 public:
  // Creates the recording that the configuration names.
  RecordTrail(const AgentConfiguration& configuration, std::uint64_t bytes);

  void arm(const std::string& window, std::int64_t occurrence) override { marks_.arm(window, occurrence); }
  void disarm() override { marks_.disarm(); }
  bool stands_there() override { return marks_.stands_there(); }
  std::string last_window() override { return marks_.last_window(); }
  std::int64_t passes() override { return marks_.passes(); }

  const std::filesystem::path& file() const override { return file_; }
  std::uint64_t length() override { return mapping_.header().head.load(std::memory_order_acquire); }
  Recording read(Ending ending) override { return read_record_file(file_, ending); }

 private:
  std::filesystem::path file_;
  RecordMapping mapping_;
  HeaderMarks marks_{mapping_.header()};
};

}  // namespace assay
