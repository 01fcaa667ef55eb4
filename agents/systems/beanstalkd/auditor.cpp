#include <charconv>
#include <stdexcept>

#include "agents/systems/beanstalkd/connection.hpp"
#include "agents/systems/beanstalkd/links.hpp"

namespace assay::beanstalkd {
namespace {

class TubeAudit : public AuditLink {
 public:
  explicit TubeAudit(const LinkSetup& setup)
      : connection_(setup.address), channel_(setup.channel), notice_(setup.notice) {}

  // No command lists the jobs of a tube, and what was deleted is gone.
  void scan(const std::function<void(const StoredCopy&)>&, Deadline) override {}

  // All numbers come from one answer, so that no job is missed between two of
  // them. A tube that holds nothing and that nobody uses does not exist.
  Backlog backlog(Deadline deadline) override {
    const auto stats = connection_.insist("stats-tube " + channel_ + "\r\n", deadline);
    if (stats.line == "NOT_FOUND") return {};
    if (stats.word(0) != "OK") throw std::runtime_error("stats-tube " + channel_ + ": " + stats.line);
    const auto buried = jobs(stats, "buried");
    if (buried > 0 && notice_) notice_({"warn", std::to_string(buried) + " jobs of " + channel_ + " are buried"});
    // Buried jobs are still owed, and nobody gets them: the backlog never becomes empty.
    return {.ready = jobs(stats, "ready"), .leased = jobs(stats, "reserved"), .delayed = jobs(stats, "delayed") + buried};
  }

 private:
  std::int64_t jobs(const Reply& stats, const std::string& state) const {
    const auto text = stats.field("current-jobs-" + state);
    std::int64_t count = -1;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || rest != text.data() + text.size() || count < 0)
      throw std::runtime_error("stats-tube " + channel_ + ": current-jobs-" + state + " is \"" + text + "\"");
    return count;
  }

  Connection connection_;
  std::string channel_;
  NoticeSink notice_;
};

}  // namespace

std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) { return std::make_unique<TubeAudit>(setup); }

}  // namespace assay::beanstalkd
