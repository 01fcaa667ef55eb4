// The crash-safe file of one incarnation: a fixed header, then records. The
// writer is agents/recording; this is the layout both sides agree on, and the
// reader. format.md beside this file has the grammar and a worked example.
//
// A record counts once `head` has been moved behind it with a release store.
// What a SIGKILL cuts off lies behind the head and was never published.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "checker/history/trial.hpp"

namespace assay {

inline constexpr char record_magic[8] = {'A', 'S', 'S', 'A', 'Y', 'R', 'E', 'C'};
inline constexpr std::uint32_t record_version = 1;
inline constexpr std::size_t record_header_bytes = 4096;

// Lives at offset 0 of the mapped file. The supervisor creates it before the
// incarnation starts, arms a crash point in it, and reads it while the
// incarnation runs; the incarnation owns head, last_window, reached and hits.
struct RecordHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t reserved;
  std::uint64_t capacity;  // bytes of the whole file, header included
  std::int64_t trial;
  std::int64_t incarnation;
  char process[64];

  alignas(64) std::atomic<std::uint64_t> head;  // offset behind the last whole record
  std::atomic<std::uint32_t> last_window;
  std::atomic<std::uint32_t> armed_window;      // 0: nothing armed
  std::atomic<std::uint64_t> armed_occurrence;  // fires when the window is passed this often
  std::atomic<std::uint32_t> reached;           // 1: stopped at the armed window, waiting
  std::atomic<std::uint64_t> hits[window_limit];
};
static_assert(sizeof(RecordHeader) <= record_header_bytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// One record on disk: length of the body, checksum of the body, body, all
// little-endian. The body is the binary form of an event (event-codec.hpp).
struct RecordFrame {
  std::uint32_t bytes;
  std::uint32_t checksum;
};

// Reads one incarnation's file. Never throws for damaged contents: an
// unfinished last record of a killed incarnation is dropped and counted in
// `torn`, anything else that is wrong is described in `damage`, and the events
// before it are kept. Throws std::system_error if the file cannot be opened.
Recording read_record_file(const std::filesystem::path& path, Ending ending);

}  // namespace assay
