// XADD in a pipeline; XREADGROUP of a window, then XACK one by one.
#include <hiredis/hiredis.h>

#include "tests/bench/systems/plain.hpp"

using namespace plain;

namespace {

redisReply* checked(void* reply, const char* attempted) {
  auto* got = static_cast<redisReply*>(reply);
  insist(got, attempted, "no reply");
  insist(got->type != REDIS_REPLY_ERROR, attempted, got->str);
  return got;
}

Times loop(const Load& load) {
  redisContext* redis = redisConnect(load.host.c_str(), load.port);
  insist(redis && !redis->err, "connect to Redis");
  freeReplyObject(checked(redisCommand(redis, "AUTH %s", load.secret.c_str()), "AUTH"));
  freeReplyObject(checked(redisCommand(redis, "XGROUP CREATE plain workers 0 MKSTREAM"), "XGROUP"));

  Times times;
  times.first_send = Clock::now();
  for (int sent = 0, answered = 0; answered < load.messages; ++answered) {
    for (; sent < load.messages && sent - answered < load.window; ++sent)
      redisAppendCommand(redis, "XADD plain * b %b k key", load.body.data(), load.body.size());
    void* reply = nullptr;
    redisGetReply(redis, &reply);
    freeReplyObject(checked(reply, "XADD"));
  }
  times.last_answer = Clock::now();

  for (int received = 0; received < load.messages;) {
    auto* batch = checked(redisCommand(redis, "XREADGROUP GROUP workers me COUNT %d BLOCK 1000 STREAMS plain >", load.window), "XREADGROUP");
    if (received == 0) times.first_delivery = Clock::now();
    const redisReply* entries = batch->elements > 0 ? batch->element[0]->element[1] : nullptr;
    for (std::size_t i = 0; entries && i < entries->elements; ++i, ++received)
      freeReplyObject(checked(redisCommand(redis, "XACK plain workers %s", entries->element[i]->element[0]->str), "XACK"));
    freeReplyObject(batch);
  }
  times.last_ack = Clock::now();
  redisFree(redis);
  return times;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, loop); }
