#include "agents/systems/kafka/question.hpp"

#include "agents/recording/recorder.hpp"

namespace assay::kafka {
namespace {

constexpr std::int64_t between_questions_ns = 100'000'000;

}  // namespace

// An error is no answer: it may have been made up on this side.
std::optional<std::int64_t> Question::ask(rd_kafka_t* client, const std::string& group) {
  if (!answers_) answers_.reset(rd_kafka_queue_new(client));
  bool failed = false;
  while (const Event event{rd_kafka_queue_poll(answers_.get(), 0)}) {
    failed = rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR;
    open_ = failed;
  }
  if ((open_ && !failed) || monotonic_ns() < asked_ + between_questions_ns) return open_ ? std::optional(asked_) : std::nullopt;
  if (!open_) asked_ = monotonic_ns();
  open_ = true;
  const char* groups[] = {group.c_str()};
  rd_kafka_DescribeConsumerGroups(client, groups, 1, nullptr, answers_.get());
  return asked_;
}

}  // namespace assay::kafka
