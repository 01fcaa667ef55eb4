// Turns SIGCHLD, SIGINT and SIGTERM into readable descriptors.
//
// Construct it in main before any other thread exists: it blocks the three
// signals, which every later thread inherits, and reads them on a thread of
// its own. waitid() on a pidfd tells exits, but a child that stopped itself
// is announced by SIGCHLD only.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "agents/os/descriptor.hpp"

namespace assay {

class ChildWatch {
 public:
  ChildWatch();
  ~ChildWatch();

  // One subscriber per job: its descriptor becomes readable when some child
  // changed or an interrupt came; clear() makes it unreadable again.
  class Wake {
   public:
    int descriptor() const { return event_.get(); }
    void clear();

   private:
    friend class ChildWatch;
    Descriptor event_;
  };
  std::shared_ptr<Wake> subscribe();

  // 0, or the signal that asked us to stop. A second one of them ends the
  // program at once.
  int interrupted() const { return interrupted_.load(); }

 private:
  void run();

  std::atomic<int> interrupted_{0};
  Descriptor signals_, quit_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Wake>> wakes_;
  std::thread thread_;
};

}  // namespace assay
