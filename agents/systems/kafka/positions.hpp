// Partitions of topics with an offset each, as librdkafka lists them; and what a
// stored record is called.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <librdkafka/rdkafka.h>

namespace assay::kafka {

struct Position {
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  auto operator<=>(const Position&) const = default;
};

// "0/17", as tags have it, and back.
std::string to_string(const Position& position);
Position position_in(const std::string& tag);

// "t5/0/17". An offset is given out once: what SIGKILL leaves is in the page cache.
std::string copy_name(const std::string& topic, const Position& position);

class Positions {
 public:
  Positions() : list_(rd_kafka_topic_partition_list_new(1)) {}

  void add(const std::string& topic, const Position& position) {
    rd_kafka_topic_partition_list_add(list_.get(), topic.c_str(), position.partition)->offset = position.offset;
  }
  rd_kafka_topic_partition_list_t* list() const { return list_.get(); }
  const rd_kafka_topic_partition_t& operator[](int index) const { return list_->elems[index]; }
  int count() const { return list_->cnt; }
  bool empty() const { return count() == 0; }

  // The first partition that has one, or none.
  rd_kafka_resp_err_t error() const;

 private:
  struct Destroy {
    void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  };
  std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy> list_;
};

}  // namespace assay::kafka
