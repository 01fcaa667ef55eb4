// QoS 1 into a persistent session: the subscription is made first, and what comes
// is read when all has been sent. The library acknowledges.
#include <mosquitto.h>

#include "tests/bench/systems/plain.hpp"

using namespace plain;

namespace {

struct Client {
  mosquitto* handle = nullptr;
  int answered = 0, received = 0;
  bool connected = false, subscribed = false;
  Times* times = nullptr;

  Client(const char* name, const Load& load, Times& all) : handle(mosquitto_new(name, false, this)), times(&all) {
    mosquitto_connect_callback_set(handle, [](mosquitto*, void* self, int) { static_cast<Client*>(self)->connected = true; });
    mosquitto_subscribe_callback_set(handle, [](mosquitto*, void* self, int, int, const int*) { static_cast<Client*>(self)->subscribed = true; });
    mosquitto_publish_callback_set(handle, [](mosquitto*, void* self, int) { ++static_cast<Client*>(self)->answered; });
    mosquitto_message_callback_set(handle, [](mosquitto*, void* self, const mosquitto_message*) { static_cast<Client*>(self)->take(); });
    mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_max_inflight_messages_set(handle, static_cast<unsigned>(load.window));
    must(mosquitto_connect(handle, load.host.c_str(), load.port, 0), "connect");
    while (!connected) work();
  }

  static void must(int result, const char* attempted) { insist(result == MOSQ_ERR_SUCCESS, attempted, mosquitto_strerror(result)); }

  void work() { must(mosquitto_loop(handle, 1000, 1), "work"); }

  void take() {
    if (received++ == 0) times->first_delivery = Clock::now();
  }
};

Times loop(const Load& load) {
  mosquitto_lib_init();
  Times times;
  Client sender("plain-sender", load, times), receiver("plain-receiver", load, times);
  Client::must(mosquitto_subscribe(receiver.handle, nullptr, "plain", 1), "subscribe");
  while (!receiver.subscribed) receiver.work();

  times.first_send = Clock::now();
  for (int sent = 0; sender.answered < load.messages; sender.work())
    for (; sent < load.messages && sent - sender.answered < load.window; ++sent)
      Client::must(mosquitto_publish(sender.handle, nullptr, "plain", static_cast<int>(load.body.size()), load.body.data(), 1, false), "publish");
  times.last_answer = Clock::now();

  while (receiver.received < load.messages || mosquitto_want_write(receiver.handle)) receiver.work();
  times.last_ack = Clock::now();
  mosquitto_destroy(sender.handle);
  mosquitto_destroy(receiver.handle);
  return times;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, loop); }
