#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>

#include <poll.h>

#include "agents/systems/kafka/links.hpp"
#include "agents/systems/kafka/membership.hpp"
#include "agents/systems/kafka/notices.hpp"
#include "agents/systems/kafka/positions.hpp"
#include "agents/systems/kafka/topics.hpp"

namespace assay::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int between_tries_ms = 20;
constexpr milliseconds longest_try{2500};

// No member of the group: it is assigned what it reads.
class TopicAudit : public AuditLink, private Events {
 public:
  explicit TopicAudit(const LinkSetup& setup)
      : settings_(settings_in(nlohmann::json::parse(setup.settings))),
        setup_(setup),
        teller_(setup.notice),
        own_{group_of(setup), settings_.isolation},
        program_{setup.group, settings_.isolation},
        committed_{group_of(setup), "read_committed"},
        uncommitted_{group_of(setup), "read_uncommitted"} {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    read(setup_.channel, deadline, [&](const rd_kafka_message_t& record) {
      visit({.copy = copy_name(setup_.channel, {.partition = record.partition, .offset = record.offset}),
             .bytes = std::string(static_cast<const char*>(record.payload), record.len),
             .committed = true});
    });
  }

  void scan_effects(const std::function<void(const SinkRow&)>& visit, Deadline deadline) override {
    std::int64_t position = 0;
    read(output_of(setup_.channel), deadline, [&](const rd_kafka_message_t& record) {
      auto row = row_in(record);
      row.position = ++position;
      visit(row);
    });
  }

  // The ends first and then what is committed: what is done in between has been
  // counted, where the other order would count it twice. A transaction that is
  // open holds back what comes behind it, also from those who are owed nothing of
  // it. A program of somebody's own is a member of the group as it was named to it.
  Backlog backlog(Deadline deadline) override {
    Backlog backlog;
    const auto input = count_of(setup_.channel, deadline), output = count_of(output_of(setup_.channel), deadline);
    if (input == 0) {
      teller_.tell("warn", "the topic " + setup_.channel + " is not there");
      return backlog;
    }
    const auto ends = ends_of(own_, setup_.channel, input, deadline);
    backlog.prepared = open_records(setup_.channel, input, deadline) + open_records(output_of(setup_.channel), output, deadline);
    // While offsets are in an open transaction nobody is told what is committed.
    if (backlog.prepared > 0) return backlog;
    const auto group = committed_of(own_, ends, deadline), program = committed_of(program_, ends, deadline);
    for (int i = 0; i < group.count(); ++i) {
      const auto& [low, high] = ends.at(group[i].partition);
      backlog.ready += high - std::max({low, group[i].offset, program[i].offset});
    }
    return backlog;
  }

 private:
  struct Ends {
    std::int64_t low = 0, high = 0;
  };

  // One who reads as this group and at this isolation.
  struct Reader {
    std::string group, isolation;
    Client client = nullptr;
  };

  rd_kafka_t* client_of(Reader& reader) {
    if (!reader.client) {
      reader.client = make_client(RD_KAFKA_CONSUMER, setup_.address,
                                  {{"client.id", setup_.incarnation},
                                   {"group.id", reader.group},
                                   {"isolation.level", reader.isolation},
                                   {"enable.auto.commit", "false"},
                                   {"enable.partition.eof", "true"},
                                   {"auto.offset.reset", "error"},
                                   {"coordinator.query.interval.ms", "200"},
                                   {"fetch.wait.max.ms", "10"}},
                                  *this);
      rd_kafka_poll_set_consumer(reader.client.get());
    }
    return reader.client.get();
  }

  // Tries again while time is left. A client whose broker was killed may look for
  // it, for a leader, for a coordinator in vain; a new one finds them.
  template <typename Attempt>
  void insist(Reader& reader, Deadline deadline, const std::string& attempted, Attempt attempt) {
    while (true) {
      const auto error = attempt(client_of(reader), patience_ms(Deadline::earlier(deadline, Deadline::in(longest_try))));
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
      if (deadline.passed()) throw std::runtime_error(attempted + ": " + words_of(error));
      reader.client.reset();
      ::poll(nullptr, 0, between_tries_ms);
    }
  }

  // Where nothing is committed the offset is negative.
  Positions committed_of(Reader& reader, const std::map<std::int32_t, Ends>& ends, Deadline deadline) {
    Positions group;
    for (const auto& [partition, end] : ends) group.add(setup_.channel, {.partition = partition, .offset = RD_KAFKA_OFFSET_INVALID});
    insist(reader, deadline, "ask for the offsets of the group " + reader.group, [&](rd_kafka_t* client, int patience) {
      const auto error = rd_kafka_committed(client, group.list(), patience);
      return error == RD_KAFKA_RESP_ERR_NO_ERROR ? group.error() : error;
    });
    return group;
  }

  int count_of(const std::string& topic, Deadline deadline) {
    int count = 0;
    insist(own_, deadline, "look for the topic " + topic, [&](rd_kafka_t* client, int patience) {
      const auto found = partitions_of(client, topic, Deadline::in(milliseconds(patience)));
      if (!found) return RD_KAFKA_RESP_ERR__TIMED_OUT;
      count = found->count;
      return count == 0 || found->led ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    });
    return count;
  }

  // As far as this one may read.
  std::map<std::int32_t, Ends> ends_of(Reader& reader, const std::string& topic, int partitions, Deadline deadline) {
    std::map<std::int32_t, Ends> ends;
    for (std::int32_t one = 0; one < partitions; ++one)
      insist(reader, deadline, "ask for the end of " + topic, [&](rd_kafka_t* client, int patience) {
        return rd_kafka_query_watermark_offsets(client, topic.c_str(), one, &ends[one].low, &ends[one].high, patience);
      });
    return ends;
  }

  // Records that nobody may read yet who reads what is committed.
  std::int64_t open_records(const std::string& topic, int partitions, Deadline deadline) {
    if (partitions == 0) return 0;
    const auto committed = ends_of(committed_, topic, partitions, deadline), all = ends_of(uncommitted_, topic, partitions, deadline);
    std::int64_t open = 0;
    for (const auto& [partition, end] : all) open += std::max<std::int64_t>(0, end.high - committed.at(partition).high);
    return open;
  }

  // From the first record to what was the end when it was asked.
  void read(const std::string& topic, Deadline deadline, const std::function<void(const rd_kafka_message_t&)>& visit) {
    const int count = count_of(topic, deadline);
    if (count == 0) return;
    const auto ends = ends_of(own_, topic, count, deadline);
    Positions from;
    std::set<std::int32_t> unread;
    for (const auto& [partition, end] : ends) {
      if (end.low >= end.high) continue;
      from.add(topic, {.partition = partition, .offset = end.low});
      unread.insert(partition);
    }
    rd_kafka_t* client = client_of(own_);
    if (const auto error = rd_kafka_assign(client, from.list())) throw std::runtime_error("read " + topic + ": " + words_of(error));
    while (!unread.empty()) {
      if (deadline.passed()) throw std::runtime_error("read " + topic + ": its end was not reached in time");
      const Message message(rd_kafka_consumer_poll(client, patience_ms(deadline)));
      if (!message) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && unread.contains(message->partition)) visit(*message);
      // Behind the last record there may be marks of transactions, which are nobody's to see.
      const bool at_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && message->offset >= ends.at(message->partition).high;
      const bool last = message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset + 1 >= ends.at(message->partition).high;
      if (at_end || last) unread.erase(message->partition);
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) teller_.tell("read " + topic, message->err);
    }
    rd_kafka_assign(client, nullptr);
  }

  static SinkRow row_in(const rd_kafka_message_t& record) {
    const auto header = [&](const char* name) {
      rd_kafka_headers_t* headers = nullptr;
      const void* value = nullptr;
      std::size_t size = 0;
      const bool there = rd_kafka_message_headers(&record, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                         rd_kafka_header_get_last(headers, name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
      return there ? std::string(static_cast<const char*>(value), size) : std::string();
    };
    SinkRow row{.message = header("message"), .key = header("key"), .digest = header("digest"), .writer = header("writer")};
    row.attempt = std::atoll(header("attempt").c_str());
    row.part = std::atoll(header("part").c_str());
    row.transaction = header("transaction");
    return row;
  }

  void failed(rd_kafka_resp_err_t error, const std::string& reason) override { teller_.tell("look at " + setup_.channel, error, reason); }

  Settings settings_;
  LinkSetup setup_;
  FailureTeller teller_;
  Reader own_, program_, committed_, uncommitted_;
};

}  // namespace

std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) { return std::make_unique<TopicAudit>(setup); }

}  // namespace assay::kafka
