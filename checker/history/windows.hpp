// The crash windows: named points between two steps of a role or of the
// embedded broker. CONTRACTS 3.1 and 3.2 define them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay {

// A number in the header of a recording: append only.
enum class Window : std::uint8_t {
  none,
  p_before_send, p_sent_before_ack, p_acked_before_cursor, p_cursor_saved,
  c_received, c_effect_before_ack, c_acked,
  b_recv, b_appended, b_durable_before_reply, b_replied, b_ack_recv, b_ack_durable_before_reply,
  p_before_cursor, p_cursor_before_send, p_acked,
  c_acked_before_effect, c_effect_done, c_marked_before_effect, c_tx_open, c_effect_before_mark, c_marked_before_ack,
  c_tx_committed_before_ack,
  k_polled, k_begun, k_offset_committed_before_produce, k_produced_1, k_produced_2, k_offset_committed, k_offsets_in_txn,
  k_offset_committed_outside, k_txn_committed,
};

inline constexpr std::size_t window_limit = 64;  // room in the header of a recording

// Whose window it is; the first letter of its name says the same: P, B, C, and K
// for a consumer that sends on what comes of a message.
enum class Side : std::uint8_t { producer, consumer, broker };

struct WindowEntry {
  Window window;
  Side side;
  std::string_view name;     // "P.sent_before_ack"
  std::string_view meaning;  // a sentence for people
};

// In the order of a message's path.
std::span<const WindowEntry> windows();

// Whose a window is, by its name: "producer", "consumer" or "broker". It may be
// one of the list, or one that an agent of the user's own marks:
// "C.charged_before_ack". Empty: it begins as nobody's.
std::string owner_of(std::string_view window);

// Where a window stands on a message's path; those of users stand behind the list.
std::size_t place_of(std::string_view window);

std::string_view name(Window window);
Side side(Window window);
std::optional<Window> window_named(std::string_view name);

// From a file. 0 is Window::none; nothing for a number that is no window.
std::optional<Window> window_numbered(std::uint64_t number);

}  // namespace assay
