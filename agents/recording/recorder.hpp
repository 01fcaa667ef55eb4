// Writes the history of one incarnation so that a SIGKILL loses nothing that
// was recorded, and marks the crash points it passes.
//
// The file is created by the supervisor (create_recording) and mapped by the
// incarnation. One thread writes. A full file is an error, it never wraps.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "checker/history/event.hpp"
#include "checker/history/record-file.hpp"

namespace assay {

// A mapped recording; unmaps when destroyed. Both sides of it build on this.
class RecordMapping {
 public:
  explicit RecordMapping(const std::filesystem::path& path);  // throws std::system_error, std::runtime_error
  ~RecordMapping();
  RecordMapping(RecordMapping&& other) noexcept;
  RecordMapping& operator=(RecordMapping&& other) noexcept;

  RecordHeader& header() const { return *header_; }
  std::byte* bytes() const { return reinterpret_cast<std::byte*>(header_); }

 private:
  RecordHeader* header_ = nullptr;
  std::size_t size_ = 0;
};

// Makes an empty recording, mode 0600, with all its pages: a full disk is an
// error here and not in the middle of a trial. Throws std::system_error.
void create_recording(const std::filesystem::path& path, const std::string& process,
                      std::int64_t incarnation, std::int64_t trial, std::uint64_t capacity);

class Recorder {
 public:
  explicit Recorder(const std::filesystem::path& path) : mapping_(path), path_(path) {}

  // Stamps n and time and publishes the event; it is on record when this
  // returns. Throws std::length_error when the file is full.
  void record(const Event& event);

  const RecordHeader& header() const { return mapping_.header(); }
  RecordMapping& mapping() { return mapping_; }

 private:
  RecordMapping mapping_;
  std::filesystem::path path_;
  std::int64_t n_ = 0;
  std::string scratch_;
};

// The crash points of one incarnation. pass() stores the window and counts it;
// at the armed occurrence the process stops itself (SIGSTOP) until the
// supervisor kills or continues it. One that is continued puts that on record,
// if it has a recorder: then the history shows that a zombie ran on.
class CrashPoints {
 public:
  explicit CrashPoints(RecordHeader& header, Recorder* recorder = nullptr) : header_(header), recorder_(recorder) {}

  void pass(Window window) {
    if (count(window)) stop_here(window);
  }

  // For a point behind an asynchronous step: `settle` runs only when the point
  // fires and must return once that step has really happened.
  template <typename Settle>
  void pass(Window window, Settle settle) {
    if (!count(window)) return;
    settle();
    stop_here(window);
  }

  // Canaries pass unmarked: they neither count nor fire.
  void disarm() { disarmed_ = true; }

 private:
  bool count(Window window) {
    if (disarmed_) return false;
    const auto index = static_cast<std::uint32_t>(window);
    header_.last_window.store(index, std::memory_order_relaxed);
    auto& hits = header_.hits[index];
    const auto n = hits.load(std::memory_order_relaxed) + 1;  // one writer
    hits.store(n, std::memory_order_relaxed);
    return header_.armed_window.load(std::memory_order_relaxed) == index &&
           header_.armed_occurrence.load(std::memory_order_relaxed) == n;
  }
  void stop_here(Window window);

  RecordHeader& header_;
  Recorder* recorder_ = nullptr;
  bool disarmed_ = false;
};

// CLOCK_MONOTONIC in nanoseconds: the one clock of all histories.
std::int64_t monotonic_ns();

}  // namespace assay
