// What an agent of the user's own puts on record: a file of JSON lines, read as
// it grows and held against the rules line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "agents/os/descriptor.hpp"
#include "cli/agent-rules.hpp"
#include "cli/trail.hpp"

namespace assay {

class LineTrail : public Trail {
 public:
  // Creates the file, mode 0600. More than `limit` bytes are a flood.
  LineTrail(const AgentConfiguration& agent, std::filesystem::path file, std::uint64_t limit);

  void arm(const std::string& window, std::int64_t occurrence) override;
  void disarm() override { armed_.clear(); }
  bool stands_there() override;
  std::string last_window() override;
  std::int64_t passes() override;

  std::string follow() override;
  const std::filesystem::path& file() const override { return file_; }
  std::uint64_t length() override { return read_bytes_; }
  Recording read(Ending ending) override;

  void let_go();
  void asked_for(const std::string& marker) { rules_.asked_for(marker); }

  // The point at which it is to stop itself, for `go`; null: none.
  nlohmann::json stop_at() const;

  // Its agent ended in order, and the last line is not whole: what to say.
  std::string cut_short() const;

  const std::set<std::string>& sent() const { return sent_; }            // answered
  const std::set<std::string>& delivered() const { return delivered_; }
  std::int64_t deliveries() const { return deliveries_; }
  std::optional<bool> last_probe() const { return last_probe_; }         // of a drain; nothing: none yet
  void forget_probe() { last_probe_.reset(); }

 private:
  std::string take_lines();
  void take(Event event);
  std::string complaint(const std::string& what, std::string_view line) const;

  AgentConfiguration agent_;
  std::filesystem::path file_;
  std::uint64_t limit_, read_bytes_ = 0;
  Descriptor input_;
  AgentRules rules_;
  std::string rest_;       // a line that is not whole yet
  std::string complaint_;  // the first; nothing is read after it
  Recording recording_;

  std::string armed_;
  std::int64_t armed_occurrence_ = 0;
  std::map<std::string, std::int64_t> points_;
  std::set<std::string> sent_, delivered_;
  std::int64_t deliveries_ = 0;
  std::optional<bool> last_probe_;
};

}  // namespace assay
