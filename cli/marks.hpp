// The windows of one process as the supervisor sees them: those that it passed,
// and the one at which it is to stop itself.
#pragma once

#include <cstdint>
#include <string>

#include "checker/history/record-file.hpp"

namespace assay {

class Marks {
 public:
  virtual ~Marks() = default;

  // It is to stop itself when it passes this window so often.
  virtual void arm(const std::string& window, std::int64_t occurrence) = 0;
  virtual void disarm() = 0;

  // Whether it stands at the window that was armed, or is about to.
  virtual bool stands_there() = 0;

  virtual std::string last_window() = 0;  // empty: none yet
  virtual std::int64_t passes() = 0;      // of all windows together
};

// Those in the header of a recording that is mapped here and there.
class HeaderMarks : public Marks {
 public:
  explicit HeaderMarks(RecordHeader& header) : header_(header) {}

  void arm(const std::string& window, std::int64_t occurrence) override;
  void disarm() override { header_.armed_window.store(0); }
  bool stands_there() override { return header_.reached.load() == 1; }
  std::string last_window() override;
  std::int64_t passes() override;

 private:
  RecordHeader& header_;
};

}  // namespace assay
