#include "checker/history/windows.hpp"

#include <algorithm>
#include <cassert>

namespace assay {
namespace {

constexpr WindowEntry entries[] = {
    {Window::p_before_cursor, Side::producer, "P.before_cursor",
     "the producer has chosen its next message, neither saved that it is done nor sent it"},
    {Window::p_cursor_before_send, Side::producer, "P.cursor_before_send",
     "the producer has saved that the message is done and has not sent it"},
    {Window::p_before_send, Side::producer, "P.before_send",
     "the producer has put the attempt on record and has not sent it"},
    {Window::b_recv, Side::broker, "B.recv", "the broker has read the message and stored nothing"},
    {Window::b_appended, Side::broker, "B.appended", "the broker holds the message, not yet durably"},
    {Window::b_durable_before_reply, Side::broker, "B.durable_before_reply",
     "the broker has stored the message durably and has not answered the producer"},
    {Window::b_replied, Side::broker, "B.replied", "the broker has answered the producer"},
    {Window::p_sent_before_ack, Side::producer, "P.sent_before_ack",
     "the broker has applied the send and the producer has not read its answer"},
    {Window::p_acked, Side::producer, "P.acked", "the producer has read the answer to a message it had saved as done"},
    {Window::p_acked_before_cursor, Side::producer, "P.acked_before_cursor",
     "the producer has read the answer and not saved how far it got"},
    {Window::p_cursor_saved, Side::producer, "P.cursor_saved",
     "the producer has saved that the message is done"},
    {Window::c_received, Side::consumer, "C.received", "the consumer holds the delivery and has done nothing with it"},
    {Window::c_acked_before_effect, Side::consumer, "C.acked_before_effect",
     "the ack is answered and the effect not begun"},
    {Window::c_effect_done, Side::consumer, "C.effect_done", "the effect is committed and the ack was answered before it"},
    {Window::c_marked_before_effect, Side::consumer, "C.marked_before_effect",
     "the message is marked as processed and the effect not begun"},
    {Window::c_tx_open, Side::consumer, "C.tx_open",
     "the consumer has the transaction open that its effect is part of, and nothing of it is committed"},
    {Window::c_effect_before_mark, Side::consumer, "C.effect_before_mark",
     "the effect is committed and the message not marked as processed"},
    {Window::c_effect_before_ack, Side::consumer, "C.effect_before_ack",
     "the effect is committed and the ack not yet sent"},
    {Window::c_marked_before_ack, Side::consumer, "C.marked_before_ack",
     "effect and mark are there, one by one, and the ack not yet sent"},
    {Window::c_tx_committed_before_ack, Side::consumer, "C.tx_committed_before_ack",
     "effect and mark are committed together and the ack not yet sent"},
    {Window::b_ack_recv, Side::broker, "B.ack_recv", "the broker has read the ack and stored nothing"},
    {Window::b_ack_durable_before_reply, Side::broker, "B.ack_durable_before_reply",
     "the broker has stored the ack durably and has not answered the consumer"},
    {Window::c_acked, Side::consumer, "C.acked", "the broker has confirmed the ack"},
    {Window::k_polled, Side::consumer, "K.polled", "the consumer holds the delivery and has sent nothing on"},
    {Window::k_begun, Side::consumer, "K.begun", "the transaction is begun and nothing is in it"},
    {Window::k_offset_committed_before_produce, Side::consumer, "K.offset_committed_before_produce",
     "the offset is committed and nothing sent on"},
    {Window::k_offset_committed_outside, Side::consumer, "K.offset_committed_outside",
     "the offset is committed by itself, outside the transaction that what is sent on is part of"},
    {Window::k_produced_1, Side::consumer, "K.produced_1", "the first part of what comes of the message is sent on"},
    {Window::k_produced_2, Side::consumer, "K.produced_2", "both parts are sent on, and nothing is done after them"},
    {Window::k_offset_committed, Side::consumer, "K.offset_committed", "both parts are sent on and the offset is committed"},
    {Window::k_offsets_in_txn, Side::consumer, "K.offsets_in_txn",
     "the transaction has both parts and the offset, and is not committed"},
    {Window::k_txn_committed, Side::consumer, "K.txn_committed", "the transaction is committed"},
};

const WindowEntry* entry_of(Window window) {
  const auto* const end = std::end(entries);
  const auto* const found =
      std::find_if(std::begin(entries), end, [&](const WindowEntry& entry) { return entry.window == window; });
  return found == end ? nullptr : found;
}

}  // namespace

std::span<const WindowEntry> windows() { return entries; }

std::string owner_of(std::string_view window) {
  if (window.size() < 3 || window[1] != '.') return {};
  switch (window[0]) {
    case 'P': return "producer";
    case 'B': return "broker";
    case 'C':
    case 'K': return "consumer";
    default: return {};
  }
}

std::size_t place_of(std::string_view window) {
  std::size_t place = 0;
  while (place < std::size(entries) && entries[place].name != window) ++place;
  return place;
}

std::string_view name(Window window) {
  const auto* const entry = entry_of(window);
  return entry == nullptr ? std::string_view{} : entry->name;
}

Side side(Window window) {
  const auto* const entry = entry_of(window);
  assert(entry != nullptr);
  return entry->side;
}

std::optional<Window> window_named(std::string_view name) {
  for (const WindowEntry& entry : entries)
    if (entry.name == name) return entry.window;
  return std::nullopt;
}

std::optional<Window> window_numbered(std::uint64_t number) {
  if (number == 0) return Window::none;
  for (const WindowEntry& entry : entries)
    if (static_cast<std::uint64_t>(entry.window) == number) return entry.window;
  return std::nullopt;
}

}  // namespace assay
