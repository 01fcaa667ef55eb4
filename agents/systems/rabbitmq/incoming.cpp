#include "agents/systems/rabbitmq/incoming.hpp"

#include <string_view>
#include <utility>

#include <amqp.h>

namespace assay::rabbitmq {
namespace {

template <typename Method>
const Method& as(const amqp_method_t& method) {
  return *static_cast<const Method*>(method.decoded);
}

std::optional<std::int64_t> number(const amqp_field_value_t& field) {
  switch (field.kind) {
    case AMQP_FIELD_KIND_I64: return field.value.i64;
    case AMQP_FIELD_KIND_I32: return field.value.i32;
    case AMQP_FIELD_KIND_I16: return field.value.i16;
    case AMQP_FIELD_KIND_I8: return field.value.i8;
    case AMQP_FIELD_KIND_U8: return field.value.u8;
    case AMQP_FIELD_KIND_U16: return field.value.u16;
    case AMQP_FIELD_KIND_U32: return field.value.u32;
    default: return std::nullopt;
  }
}

const amqp_field_value_t* find(const amqp_table_t& table, std::string_view key) {
  for (int i = 0; i < table.num_entries; ++i)
    if (text(table.entries[i].key) == key) return &table.entries[i].value;
  return nullptr;
}

std::optional<std::int64_t> returns_in(const amqp_table_t& headers) {
  const auto* count = find(headers, "x-delivery-count");
  return count ? number(*count) : std::nullopt;
}

// An array of tables, one for each queue and reason, the latest first.
std::string last_death_in(const amqp_table_t& headers) {
  const auto* deaths = find(headers, "x-death");
  if (!deaths || deaths->kind != AMQP_FIELD_KIND_ARRAY || deaths->value.array.num_entries == 0) return {};
  const auto& latest = deaths->value.array.entries[0];
  const auto* reason = latest.kind == AMQP_FIELD_KIND_TABLE ? find(latest.value.table, "reason") : nullptr;
  return reason && reason->kind == AMQP_FIELD_KIND_UTF8 ? text(reason->value.bytes) : std::string();
}

}  // namespace

std::string text(amqp_bytes_t bytes) {
  if (bytes.len == 0) return {};
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

std::optional<Incoming> Assembly::add(const amqp_frame_t& frame) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD: return begin(frame.payload.method);
    case AMQP_FRAME_HEADER:
      take_header(*static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded));
      body_.clear();
      missing_ = frame.payload.properties.body_size;
      break;
    case AMQP_FRAME_BODY:
      body_ += text(frame.payload.body_fragment);
      missing_ -= frame.payload.body_fragment.len;
      break;
    default: return std::nullopt;
  }
  return missing_ == 0 ? whole() : std::nullopt;
}

std::optional<Incoming> Assembly::begin(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto& ack = as<amqp_basic_ack_t>(method);
      return Confirm{.positive = true, .tag = ack.delivery_tag, .multiple = ack.multiple != 0};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& nack = as<amqp_basic_nack_t>(method);
      return Confirm{.positive = false, .tag = nack.delivery_tag, .multiple = nack.multiple != 0};
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto& returned = as<amqp_basic_return_t>(method);
      open_ = Returned{.message_id = "", .code = returned.reply_code, .reason = text(returned.reply_text)};
      return std::nullopt;
    }
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto& delivered = as<amqp_basic_deliver_t>(method);
      open_ = Pushed{.tag = delivered.delivery_tag, .redelivered = delivered.redelivered != 0};
      return std::nullopt;
    }
    case AMQP_BASIC_GET_OK_METHOD: {
      const auto& got = as<amqp_basic_get_ok_t>(method);
      open_ = Pushed{.tag = got.delivery_tag, .redelivered = got.redelivered != 0};
      return std::nullopt;
    }
    case AMQP_BASIC_GET_EMPTY_METHOD: return NothingThere{};
    case AMQP_QUEUE_DECLARE_OK_METHOD: return Counted{as<amqp_queue_declare_ok_t>(method).message_count};
    case AMQP_BASIC_CANCEL_METHOD: return Closing{.code = 0, .reason = "the server cancelled the subscription"};
    case AMQP_CHANNEL_CLOSE_METHOD: {
      const auto& close = as<amqp_channel_close_t>(method);
      return Closing{.code = close.reply_code, .reason = text(close.reply_text)};
    }
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const auto& close = as<amqp_connection_close_t>(method);
      return Closing{.code = close.reply_code, .reason = text(close.reply_text)};
    }
    case AMQP_CONNECTION_BLOCKED_METHOD: return Blocked{text(as<amqp_connection_blocked_t>(method).reason)};
    default: return std::nullopt;
  }
}

void Assembly::take_header(const amqp_basic_properties_t& properties) {
  if (auto* returned = std::get_if<Returned>(&open_)) {
    if (properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) returned->message_id = text(properties.message_id);
  } else if (auto* pushed = std::get_if<Pushed>(&open_)) {
    if (!(properties._flags & AMQP_BASIC_HEADERS_FLAG)) return;
    pushed->returns = returns_in(properties.headers);
    pushed->dead_of = last_death_in(properties.headers);
  }
}

std::optional<Incoming> Assembly::whole() {
  const auto done = std::exchange(open_, std::monostate{});
  if (const auto* returned = std::get_if<Returned>(&done)) return *returned;
  if (const auto* pushed = std::get_if<Pushed>(&done)) {
    Pushed complete = *pushed;
    complete.bytes = std::exchange(body_, {});
    return complete;
  }
  return std::nullopt;
}

}  // namespace assay::rabbitmq
