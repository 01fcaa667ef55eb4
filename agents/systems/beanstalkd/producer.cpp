#include <algorithm>
#include <deque>
#include <utility>

#include "agents/systems/answers.hpp"
#include "agents/systems/beanstalkd/connection.hpp"
#include "agents/systems/beanstalkd/job.hpp"
#include "agents/systems/beanstalkd/links.hpp"
#include "agents/systems/beanstalkd/settings.hpp"
#include "agents/systems/teller.hpp"

namespace assay::beanstalkd {
namespace {

// Priority: not urgent, and the same for all, so that a tube is first in, first out.
constexpr const char* priority = "1024";

// Answers that say that a job was not enqueued and never will be; anything else
// leaves the send indeterminate. prot.c of beanstalkd 1.12 decides the first
// before it makes a job; the others in enqueue_incoming_job() before it calls
// enqueue_job(), which alone writes the log and the queue.
struct Rejection {
  std::string_view word;
  std::string_view because;
};
constexpr Rejection rejections[] = {
    {"JOB_TOO_BIG", "above max-job-size: the body is skipped"},
    {"EXPECTED_CRLF", "the body has no end: the job is freed"},
    {"DRAINING", "the server takes no more jobs: the job is freed"},
    {"OUT_OF_MEMORY", "no memory for the job, or no room for it in the log"},
};

bool never_enqueued(const Reply& reply) {
  return std::any_of(std::begin(rejections), std::end(rejections),
                     [&](const Rejection& rejection) { return reply.line == rejection.word; });
}

class TubeProducer : public ProducerLink {
 public:
  explicit TubeProducer(const LinkSetup& setup)
      : connection_(setup.address, {{"use " + setup.channel, "USING"}}),
        channel_(setup.channel),
        ttr_(std::to_string(read_settings(nlohmann::json::parse(setup.settings)).ttr_s)),
        teller_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    gather();
    if (!connection_.connect(deadline)) {
      // Definite: not a byte of it was written.
      answers_.not_sent(message.ticket, connection_.why());
      return;
    }
    open_.push_back({message.ticket, message.bytes});
    if (!connection_.send(put(message.bytes), deadline)) gather();
  }

  Waiting answer_waiting(Deadline deadline) override {
    if (!answers_.empty()) return answers_.waiting();
    if (open_.empty() || !connection_.readable(deadline)) return Waiting::nothing;
    return connection_.has_bytes() ? Waiting::answer : Waiting::lost;
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
    std::int64_t ticket;
    std::string bytes;
  };

  std::string put(const std::string& body) const {
    return std::string("put ") + priority + " 0 " + ttr_ + " " + std::to_string(body.size()) + "\r\n" + body + "\r\n";
  }

  // Reads what is there. Where the connection ended, the tickets behind the
  // last reply are lost.
  void gather() {
    while (const auto reply = connection_.arrived()) {
      if (open_.empty()) {
        teller_.tell("warn", "beanstalkd said unasked: " + reply->line);
        connection_.drop();
        return;
      }
      answers_.add(answer(open_.front(), *reply));
      open_.pop_front();
    }
    if (connection_.alive()) return;
    for (const auto& open : std::exchange(open_, {}))
      answers_.connection_lost(open.ticket, connection_.why());
    connection_.drop();
  }

  // BURIED: the server has the job and gives it to nobody until it is told to.
  SendAnswer answer(const Open& open, const Reply& reply) {
    if (reply.word(0) == "INSERTED")
      return {open.ticket, SendOutcome::ok, copy_name(channel_, reply.word(1), open.bytes), ""};
    teller_.tell("error", "put: " + reply.line);
    return {open.ticket, never_enqueued(reply) ? SendOutcome::fail : SendOutcome::indeterminate, "", reply.line};
  }

  Connection connection_;
  std::string channel_, ttr_;
  Teller teller_;
  std::deque<Open> open_;  // in the order of their commands, and so of their replies
  Answers answers_;
};

}  // namespace

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) { return std::make_unique<TubeProducer>(setup); }

}  // namespace assay::beanstalkd
