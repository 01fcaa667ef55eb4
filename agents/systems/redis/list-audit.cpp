#include <map>
#include <stdexcept>

#include "agents/systems/redis/connection.hpp"
#include "agents/systems/redis/copies.hpp"
#include "agents/systems/redis/lists.hpp"

namespace assay::redis {
namespace {

// In one step: an element that moves between two counts would be in neither.
constexpr std::string_view count_at_once = R"(
local leased = 0
for _, list in ipairs(redis.call('SMEMBERS', KEYS[2])) do leased = leased + redis.call('LLEN', list) end
return {redis.call('LLEN', KEYS[1]), leased}
)";

class ListAudit : public AuditLink {
 public:
  explicit ListAudit(const LinkSetup& setup)
      : connection_(setup.address), channel_(setup.channel), holders_(holders_of(setup.channel)) {}

  // What waits and what is in hand; an acknowledged element is nowhere.
  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    seen_.clear();
    scan_list(channel_, visit, deadline);
    for (const auto& list : texts(ask({"SMEMBERS", holders_}, deadline))) scan_list(list, visit, deadline);
  }

  Backlog backlog(Deadline deadline) override {
    const auto answer = ask({"EVAL", count_at_once, "2", channel_, holders_}, deadline);
    const auto parts = elements(*answer);
    if (parts.size() != 2) throw std::runtime_error("count what waits in " + channel_ + ": expected two numbers");
    return {.ready = parts[0]->integer, .leased = parts[1]->integer};
  }

 private:
  static constexpr int page = 500;

  void scan_list(const std::string& list, const std::function<void(const StoredCopy&)>& visit, Deadline deadline) {
    for (int first = 0;; first += page) {
      const auto from = std::to_string(first), to = std::to_string(first + page - 1);
      const auto elements_there = texts(ask({"LRANGE", list, from, to}, deadline));
      if (elements_there.empty()) return;
      for (const auto& bytes : elements_there) visit({.copy = name(bytes), .bytes = bytes, .committed = true});
    }
  }

  // A second element with the same bytes is another copy.
  std::string name(const std::string& bytes) {
    auto copy = name_by_content(channel_, bytes);
    const int alike = ++seen_[copy];
    return alike == 1 ? copy : copy + "#" + std::to_string(alike);
  }

  Reply ask(const Words& words, Deadline deadline) {
    auto answer = connection_.insist(words, deadline);
    if (answer->type == REDIS_REPLY_ERROR)
      throw std::runtime_error(std::string(words.front()) + " for " + channel_ + ": " + text(*answer));
    return answer;
  }

  static std::vector<std::string> texts(const Reply& list) {
    std::vector<std::string> all;
    for (const auto* one : elements(*list)) all.push_back(text(*one));
    return all;
  }

  Connection connection_;
  std::string channel_, holders_;
  std::map<std::string, int> seen_;
};

}  // namespace

std::unique_ptr<AuditLink> list_audit(const LinkSetup& setup) { return std::make_unique<ListAudit>(setup); }

}  // namespace assay::redis
