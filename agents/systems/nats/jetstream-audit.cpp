#include <stdexcept>

#include "agents/systems/nats/connection.hpp"
#include "agents/systems/nats/links.hpp"
#include "agents/systems/nats/names.hpp"
#include "agents/systems/nats/stream.hpp"
#include "agents/systems/teller.hpp"

namespace assay::nats {
namespace {

constexpr int stream_not_found = 10059, consumer_not_found = 10014, message_not_found = 10037;

class StreamAudit : public AuditLink {
 public:
  StreamAudit(const LinkSetup& setup, const Settings& settings)
      : connection_(setup.address), stream_(setup, settings), teller_(setup.notice) {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    const auto info = ask(stream_.subject_of("INFO"), "", stream_not_found, deadline);
    if (!info) return;
    const auto& state = info->at("state");
    const auto last = state.at("last_seq").get<std::uint64_t>();
    for (auto sequence = state.at("first_seq").get<std::uint64_t>(); sequence != 0 && sequence <= last; ++sequence)
      if (const auto bytes = stored(sequence, deadline))
        visit({.copy = copy_name(stream_.channel(), sequence, *bytes), .bytes = *bytes, .committed = true});
  }

  // Both numbers come from one answer, so no message is missed between them.
  Backlog backlog(Deadline deadline) override {
    if (const auto info = ask(stream_.consumer_subject("INFO"), "", consumer_not_found, deadline))
      return {.ready = info->at("num_pending"), .leased = info->at("num_ack_pending")};
    const auto info = ask(stream_.subject_of("INFO"), "", stream_not_found, deadline);
    if (!info) return {};
    return {.ready = info->at("state").at("messages")};  // owed to a group that is not there yet
  }

 private:
  std::optional<std::string> stored(std::uint64_t sequence, Deadline deadline) {
    const nlohmann::json request{{"seq", sequence}};
    const auto answer = ask(stream_.subject_of("MSG.GET"), request.dump(), message_not_found, deadline);
    if (!answer) return std::nullopt;
    return from_base64(answer->at("message").value("data", ""));
  }

  // Nothing: what is asked for is not there.
  std::optional<nlohmann::json> ask(const std::string& subject, const std::string& request, int absent, Deadline deadline) {
    auto answer = answer_in(connection_.insist(subject, request, deadline), subject);
    const auto code = error_code(answer);
    if (code == 0) return answer;
    if (code != absent && code != stream_not_found) throw std::runtime_error(subject + ": " + error_words(answer));
    if (absent != message_not_found) teller_.tell("warn", subject + ": " + error_words(answer));
    return std::nullopt;
  }

  Connection connection_;
  Stream stream_;
  Teller teller_;
};

}  // namespace

std::unique_ptr<AuditLink> stream_audit(const LinkSetup& setup, const Settings& settings) {
  return std::make_unique<StreamAudit>(setup, settings);
}

}  // namespace assay::nats
