#include <algorithm>
#include <deque>
#include <utility>

#include "agents/systems/answers.hpp"
#include "agents/systems/nats/connection.hpp"
#include "agents/systems/nats/links.hpp"
#include "agents/systems/nats/names.hpp"
#include "agents/systems/nats/stream.hpp"
#include "agents/systems/teller.hpp"

namespace assay::nats {
namespace {

// A stream that is full and set to refuse what is new says so before it writes
// (2.9, server/filestore.go and memstore.go, StoreMsg). Any other error leaves the
// send indeterminate.
constexpr int store_failed = 10077;

bool never_stored(const nlohmann::json& answer) {
  const auto words = error_words(answer);
  return error_code(answer) == store_failed && (words == "maximum messages exceeded" || words == "maximum bytes exceeded");
}

// Each message is a request whose answer, the PubAck, comes to our inbox. That
// is read in our own calls, so an answer "waiting" here is one that we have and
// the role has not.
class StreamProducer : public ProducerLink {
 public:
  StreamProducer(const LinkSetup& setup, const Settings& settings)
      : connection_(setup.address), stream_(setup, settings), msg_id_(settings.msg_id), teller_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    gather();
    if (!ready(deadline)) {
      // Definite: not a byte of it was written.
      answers_.not_sent(message.ticket, connection_.why());
      return;
    }
    open_.push_back({connection_.token(), message.ticket, message.bytes});
    if (!connection_.publish(stream_.channel(), message.bytes, open_.back().token, msg_id_ ? message.dedup_id : "", deadline)) gather();
  }

  Waiting answer_waiting(Deadline deadline) override {
    gather();
    while (answers_.empty() && !open_.empty()) {
      auto answer = connection_.next(deadline);
      if (answer) take(*answer);
      gather();
      if (!answer && deadline.passed()) break;
    }
    return answers_.waiting();
  }

  std::vector<SendAnswer> take_answers() override {
    gather();
    return answers_.take();
  }

  void abandon() override {
    connection_.drop();
    open_.clear();
    answers_.clear();
  }

 private:
  struct Open {
    std::string token;
    std::int64_t ticket;
    std::string bytes;
  };

  // On each connection the stream is made sure of before anything is sent.
  bool ready(Deadline deadline) {
    if (!connection_.connect(deadline)) return false;
    if (on_ == connection_.generation()) return true;
    if (!stream_.ensure(connection_, teller_, deadline)) {
      connection_.drop();
      return false;
    }
    on_ = connection_.generation();
    return true;
  }

  // Takes what is there. Where the connection ended, the tickets behind the last
  // answer are lost.
  void gather() {
    while (const auto answer = connection_.arrived()) take(*answer);
    if (connection_.alive()) return;
    lose_open("connection lost: " + connection_.why());
    connection_.drop();
  }

  void take(const Message& message) {
    if (message.status == "503") return nobody_took_it();
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.token == message.subject; });
    if (!message.answer || found == open_.end()) return teller_.tell("warn", "NATS said unasked: " + message.bytes);
    answers_.add(answer(*found, answer_in(message, "publish to " + stream_.channel())));
    open_.erase(found);
  }

  // The server had no stream for the subject. libnats keeps which message that
  // is said of: with one under way it is that one, else nobody can tell.
  void nobody_took_it() {
    teller_.tell_always("warn", "publish to " + stream_.channel() + ": no responders");
    if (open_.size() == 1) answers_.add({open_.front().ticket, SendOutcome::fail, "", "no responders"});
    else lose_open("no responders to one of " + std::to_string(open_.size()) + " messages");
    open_.clear();
    connection_.drop();
  }

  // The copy that a duplicate was stored as before had other bytes, perhaps: it
  // is not named.
  SendAnswer answer(const Open& open, const nlohmann::json& told) {
    if (error_code(told) != 0) {
      const bool refused = never_stored(told);  // a full stream is what the settings ask for
      teller_.tell(refused ? "warn" : "error", "publish: " + error_words(told));
      return {open.ticket, refused ? SendOutcome::fail : SendOutcome::indeterminate, "", error_words(told)};
    }
    if (!told.contains("seq")) return {open.ticket, SendOutcome::indeterminate, "", "answered by " + told.dump()};
    const bool duplicate = told.value("duplicate", false);
    const auto copy = duplicate ? "" : copy_name(stream_.channel(), told.at("seq").get<std::uint64_t>(), open.bytes);
    return {open.ticket, SendOutcome::ok, copy, "", duplicate};
  }

  void lose_open(const std::string& why) {
    for (const auto& open : std::exchange(open_, {}))
      answers_.add({open.ticket, SendOutcome::indeterminate, "", why});
  }

  Connection connection_;
  Stream stream_;
  bool msg_id_;
  Teller teller_;
  std::int64_t on_ = 0;    // the generation of the connection on which the stream is known to be there
  std::deque<Open> open_;  // in the order of their sending
  Answers answers_;
};

}  // namespace

std::unique_ptr<ProducerLink> stream_producer(const LinkSetup& setup, const Settings& settings) {
  return std::make_unique<StreamProducer>(setup, settings);
}

}  // namespace assay::nats
