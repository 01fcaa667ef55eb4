// What a consumer says to the tables: in a queue rows are locked and deleted, in
// an outbox a cursor is locked and moved.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "agents/systems/postgres/connection.hpp"
#include "agents/systems/postgres/settings.hpp"
#include "agents/systems/postgres/tables.hpp"

namespace assay::postgres {

// A row that this consumer's transaction holds.
struct Row {
  std::string id;
  std::string transaction;  // of an outbox: the one that wrote it
  std::string bytes;
};

class Takings {
 public:
  virtual ~Takings() = default;

  // What has to be there before the first message is owed; does no harm twice.
  virtual Statements establish() const = 0;

  // Takes up to so many rows beside those that the transaction holds. The columns
  // of its result are those of a Row.
  virtual Statement take(std::size_t count, const std::vector<Row>& held) const = 0;

  // Lets the system forget these, once it is committed.
  virtual Statement settle(const std::vector<Row>& rows) const = 0;
};

std::unique_ptr<Takings> takings(const Tables& tables, const Settings& settings, const std::string& group);

}  // namespace assay::postgres
