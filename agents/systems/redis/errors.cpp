#include "agents/systems/redis/errors.hpp"

#include <algorithm>
#include <iterator>

namespace assay::redis {
namespace {

// Anything else leaves a send indeterminate. All but the last are decided
// before a command is called: by processCommand() (redis 7.0, src/server.c),
// and for a command of a script by scriptCall() (src/script.c).
struct Rejection {
  std::string_view code;
  std::string_view because;
};
constexpr Rejection rejections[] = {
    {"LOADING", "still loading its data: only ok-loading commands are called"},
    {"NOAUTH", "the connection is not authenticated"},
    {"MISCONF", "the last save or AOF write failed: writes are rejected"},
    {"OOM", "over maxmemory and nothing to evict: deny-oom commands are rejected"},
    {"READONLY", "a replica: writes are rejected"},
    {"WRONGTYPE", "the key holds something else: XADD and LPUSH check that before they write"},
};

constexpr std::string_view passing[] = {"LOADING", "MISCONF", "OOM", "READONLY", "MASTERDOWN", "BUSY"};

}  // namespace

bool never_executed(const redisReply& reply) {
  return std::any_of(std::begin(rejections), std::end(rejections),
                     [&](const Rejection& rejection) { return is_error(reply, rejection.code); });
}

bool may_pass(const redisReply& reply) {
  return std::any_of(std::begin(passing), std::end(passing), [&](auto code) { return is_error(reply, code); });
}

}  // namespace assay::redis
