// Asynchronous publishes to a stream on disk; a pull consumer that fetches a
// window, then AckSync one by one.
#include <nats/nats.h>

#include "tests/bench/systems/plain.hpp"

using namespace plain;

namespace {

void must(natsStatus status, const char* attempted) { insist(status == NATS_OK, attempted, natsStatus_GetText(status)); }

Times loop(const Load& load) {
  natsOptions* options = nullptr;
  natsConnection* connection = nullptr;
  jsCtx* stream = nullptr;
  jsOptions stream_options;
  natsOptions_Create(&options);
  natsOptions_SetURL(options, ("nats://" + load.host + ":" + std::to_string(load.port)).c_str());
  natsOptions_SetToken(options, load.secret.c_str());
  must(natsConnection_Connect(&connection, options), "connect");
  jsOptions_Init(&stream_options);
  stream_options.PublishAsync.MaxPending = load.window;
  stream_options.PublishAsync.StallWait = 60'000;  // a busy machine
  must(natsConnection_JetStream(&stream, connection, &stream_options), "use JetStream");

  const char* subject = "plain";
  jsStreamConfig configuration;
  jsStreamConfig_Init(&configuration);
  configuration.Name = subject;
  configuration.Subjects = &subject;
  configuration.SubjectsLen = 1;
  must(js_AddStream(nullptr, stream, &configuration, nullptr, nullptr), "add a stream");
  natsSubscription* subscription = nullptr;
  jsSubOptions subscription_options;
  jsSubOptions_Init(&subscription_options);
  subscription_options.Config.AckPolicy = js_AckExplicit;
  subscription_options.Config.AckWait = 1'000'000'000;
  subscription_options.Config.MaxAckPending = -1;
  must(js_PullSubscribe(&subscription, stream, subject, "workers", nullptr, &subscription_options, nullptr), "subscribe");

  Times times;
  times.first_send = Clock::now();
  for (int i = 0; i < load.messages; ++i)
    must(js_PublishAsync(stream, subject, load.body.data(), static_cast<int>(load.body.size()), nullptr), "publish");
  must(js_PublishAsyncComplete(stream, nullptr), "await the answers");
  times.last_answer = Clock::now();

  for (int received = 0; received < load.messages;) {
    natsMsgList batch;
    must(natsSubscription_Fetch(&batch, subscription, load.window, 5000, nullptr), "fetch");
    if (received == 0) times.first_delivery = Clock::now();
    for (int i = 0; i < batch.Count; ++i, ++received) must(natsMsg_AckSync(batch.Msgs[i], nullptr, nullptr), "acknowledge");
    natsMsgList_Destroy(&batch);
  }
  times.last_ack = Clock::now();
  natsSubscription_Destroy(subscription);
  jsCtx_Destroy(stream);
  natsConnection_Destroy(connection);
  natsOptions_Destroy(options);
  return times;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, loop); }
