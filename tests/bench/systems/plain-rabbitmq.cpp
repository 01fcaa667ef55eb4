// Persistent messages into a durable queue with publisher confirms; a prefetch of
// a window, and basic.ack one by one.
#include <amqp.h>
#include <amqp_tcp_socket.h>

#include "tests/bench/systems/plain.hpp"

using namespace plain;

namespace {

constexpr amqp_channel_t channel = 1;
constexpr int frame_max = 131072;

void must(amqp_rpc_reply_t reply, const char* attempted) { insist(reply.reply_type == AMQP_RESPONSE_NORMAL, attempted); }

amqp_connection_state_t connect(const Load& load) {
  auto* connection = amqp_new_connection();
  insist(amqp_socket_open(amqp_tcp_socket_new(connection), load.host.c_str(), load.port) == AMQP_STATUS_OK, "connect");
  must(amqp_login(connection, "/", 0, frame_max, 0, AMQP_SASL_METHOD_PLAIN, "guest", load.secret.c_str()), "log in");
  amqp_channel_open(connection, channel);
  must(amqp_get_rpc_reply(connection), "open a channel");
  return connection;
}

// How many more publications are confirmed now: a confirm may be of all up to one.
int confirmed(amqp_connection_state_t connection, int answered) {
  amqp_frame_t frame;
  amqp_maybe_release_buffers(connection);
  insist(amqp_simple_wait_frame(connection, &frame) == AMQP_STATUS_OK, "await a confirm");
  if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) return 0;
  const auto* ack = static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
  return ack->multiple ? static_cast<int>(ack->delivery_tag) - answered : 1;
}

void send(amqp_connection_state_t connection, const Load& load) {
  amqp_confirm_select(connection, channel);
  must(amqp_get_rpc_reply(connection), "ask for confirms");
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.delivery_mode = 2;
  const amqp_bytes_t body{load.body.size(), const_cast<char*>(load.body.data())};
  for (int sent = 0, answered = 0; answered < load.messages; answered += confirmed(connection, answered))
    for (; sent < load.messages && sent - answered < load.window; ++sent)
      insist(amqp_basic_publish(connection, channel, amqp_empty_bytes, amqp_cstring_bytes("plain"), 0, 0, &properties, body) == AMQP_STATUS_OK, "publish");
}

void receive(amqp_connection_state_t connection, const Load& load, Times& times) {
  amqp_basic_qos(connection, channel, 0, static_cast<std::uint16_t>(load.window), 0);
  must(amqp_get_rpc_reply(connection), "set the prefetch");
  amqp_basic_consume(connection, channel, amqp_cstring_bytes("plain"), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
  must(amqp_get_rpc_reply(connection), "consume");
  for (int received = 0; received < load.messages; ++received) {
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(connection);
    must(amqp_consume_message(connection, &envelope, nullptr, 0), "receive");
    if (received == 0) times.first_delivery = Clock::now();
    insist(amqp_basic_ack(connection, channel, envelope.delivery_tag, 0) == 0, "acknowledge");
    amqp_destroy_envelope(&envelope);
  }
  times.last_ack = Clock::now();
}

Times loop(const Load& load) {
  auto* sender = connect(load);
  amqp_queue_declare(sender, channel, amqp_cstring_bytes("plain"), 0, 1, 0, 0, amqp_empty_table);
  must(amqp_get_rpc_reply(sender), "declare the queue");
  Times times;
  times.first_send = Clock::now();
  send(sender, load);
  times.last_answer = Clock::now();
  auto* receiver = connect(load);
  receive(receiver, load, times);
  amqp_destroy_connection(receiver);
  amqp_destroy_connection(sender);
  return times;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, loop); }
