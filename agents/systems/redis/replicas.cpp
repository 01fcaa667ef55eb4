#include "agents/systems/redis/replicas.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string_view>

#include <poll.h>

#include "agents/systems/redis/connection.hpp"

namespace assay::redis {
namespace {

constexpr std::chrono::milliseconds patience{500};  // for one answer

// What a server tells of its own place. Its offset counts the bytes of what was
// written, those that it only passed on included.
struct Standing {
  std::string role;   // "master", "slave"
  std::string link;   // a replica's to its primary: "up", "down"
  std::string primary;
  std::int64_t offset = -1;
};

// "name:value\r\n" each
std::string field(const std::string& info, const std::string& name) {
  const auto line = info.find("\n" + name + ":");
  if (line == std::string::npos) return {};
  const auto value = line + name.size() + 2;
  return info.substr(value, info.find('\r', value) - value);
}

Standing standing_of(const std::string& address, Deadline deadline) {
  Connection connection(address);
  const auto answer = connection.insist({"INFO", "replication"}, deadline);
  const auto info = text(*answer);
  Standing standing{.role = field(info, "role"),
                    .link = field(info, "master_link_status"),
                    .primary = field(info, "master_host") + ":" + field(info, "master_port")};
  const auto offset = field(info, "master_repl_offset");
  const auto [rest, error] = std::from_chars(offset.data(), offset.data() + offset.size(), standing.offset);
  if (standing.role.empty() || error != std::errc{} || rest != offset.data() + offset.size())
    throw std::runtime_error("INFO replication at Redis " + address + ": " + info);
  return standing;
}

// Reaches every replica that gets what is written, and changes no data.
void publish(const std::string& primary, Deadline deadline) {
  Connection connection(primary);
  const auto answer = connection.insist({"PUBLISH", "assay-in-sync", "?"}, deadline);
  if (answer->type == REDIS_REPLY_ERROR) throw std::runtime_error("PUBLISH at Redis " + primary + ": " + text(*answer));
}

void replicate(const std::string& address, const std::string& host, const std::string& port, Deadline deadline) {
  Connection connection(address);
  const auto answer = connection.insist({"REPLICAOF", host, port}, deadline);
  if (!text(*answer).starts_with("OK"))
    throw std::runtime_error("REPLICAOF " + host + " " + port + " at Redis " + address + ": " + text(*answer));
}

// What the dead one had sent may still be in a socket: the end of the link comes
// behind it.
Standing standing_after_the_end(const std::string& address, Deadline deadline) {
  while (true) {
    const auto standing = standing_of(address, Deadline::in(patience));
    if (standing.role == "slave" && standing.link == "down") return standing;
    if (deadline.passed())
      throw std::runtime_error("promote one of the replicas of Redis: " + address + " is a " + standing.role +
                               " whose link is still " + standing.link);
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace

std::optional<std::string> behind(const std::string& replica, Deadline deadline) try {
  const auto before = standing_of(replica, deadline);
  if (before.role != "slave") return "it is no replica";
  if (before.link != "up") return "its link to " + before.primary + " is " + before.link;
  // A new one has all there is, 0 bytes of 0, before it is sent what is written next.
  publish(before.primary, deadline);
  const auto wanted = standing_of(before.primary, deadline).offset;
  while (true) {
    const auto there = standing_of(replica, deadline);
    if (there.link == "up" && there.offset >= wanted) return std::nullopt;
    if (deadline.passed()) return "it has " + std::to_string(there.offset) + " of " + std::to_string(wanted) + " bytes";
    ::poll(nullptr, 0, 1);
  }
} catch (const std::runtime_error& error) {
  return error.what();
}

// Nobody listens at that port.
void cut_off(const std::string& replica, Deadline deadline) { replicate(replica, "127.0.0.1", "1", deadline); }

std::string promote(const std::vector<std::string>& replicas, Deadline deadline) {
  if (replicas.empty()) throw std::runtime_error("promote a replica of Redis: there is none");
  std::string furthest;
  std::int64_t most = -1;
  for (const auto& replica : replicas) {
    const auto standing = standing_after_the_end(replica, deadline);
    if (standing.offset <= most) continue;
    furthest = replica;
    most = standing.offset;
  }
  replicate(furthest, "NO", "ONE", deadline);
  const auto colon = furthest.rfind(':');
  for (const auto& replica : replicas)
    if (replica != furthest) replicate(replica, furthest.substr(0, colon), furthest.substr(colon + 1), deadline);
  return furthest;
}

}  // namespace assay::redis
