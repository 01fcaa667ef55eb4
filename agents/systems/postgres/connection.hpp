// One connection to a PostgreSQL server, through libpq.
//
// Statements go out in exchanges: some of them, one after the other, and the
// replies come in the same order. Many exchanges may be under way (libpq's
// pipeline mode). After an error the server skips the rest of an exchange.
//
// It dies at the first time-out or lost socket and is not used again: the owner
// of what was in flight decides what that means. connect() brings up a new one,
// in as many calls as it takes. What arrived before the server went away can
// still be taken.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include "agents/os/deadline.hpp"

namespace assay::postgres {

// Its values are $1, $2 ..., as they are, and have to be cast in the text:
// $1::bytea, $2::bigint would be eight bytes, $2::text::bigint is its digits.
struct Statement {
  std::string text;
  std::vector<std::string> values = {};
};
using Statements = std::vector<Statement>;

// What the server said against a statement.
struct Failure {
  std::string state;     // SQLSTATE, as "40001"
  std::string severity;  // "ERROR"; "FATAL": and the session is gone
  std::string line;

  bool final() const { return severity != "ERROR"; }
};

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};

// What a statement brought. Columns have to be text or bytea.
class Result {
 public:
  explicit Result(PGresult* result) : result_(result) {}
  int rows() const { return PQntuples(result_.get()); }
  int columns() const { return PQnfields(result_.get()); }
  std::string value(int row, int column) const;
  std::string tag() const { return PQcmdStatus(result_.get()); }  // "COMMIT"
  std::int64_t affected() const;                                  // rows of a DELETE or an UPDATE
  const PGresult* raw() const { return result_.get(); }           // null where there is none

 private:
  std::unique_ptr<PGresult, FreeResult> result_;
};

// The results of an exchange, as far as it came.
struct Reply {
  std::vector<Result> results;
  std::optional<Failure> failure;
};

class Connection {
 public:
  // As whom the server is to know us, what its session is to be set to ("-c
  // NAME=VALUE ..."), and what is said first of all. Throws std::runtime_error
  // when the address is none.
  struct Introduction {
    std::string name;
    std::string options;
    Statements statements;
  };
  Connection(const std::string& address, Introduction introduction);
  ~Connection() { drop(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Keeps a live connection, else goes on with making one until the deadline.
  // Throws std::runtime_error when waiting will not cure it: a wrong password, a
  // database that is not there, an introduction that the server refuses.
  bool connect(Deadline deadline);

  // Closes so that what has not left yet never will.
  void drop();

  bool alive() const;
  std::int64_t generation() const { return generation_; }  // connections made so far
  const std::string& why() const { return why_; }          // the last one died, or was not made

  // Sends an exchange. False: the connection is gone, and part of it may have left.
  bool send(const Statements& statements, Deadline deadline);

  // Waits until something can be read, a hang-up included.
  bool readable(Deadline deadline) const;

  // Whether what readable() saw begins an answer: no hang-up, and not the last
  // word of a server that ends the session. Reads nothing.
  bool has_answer() const;

  // The next reply that is there already. Empty also when the connection died.
  std::optional<Reply> arrived();

  // The next reply. Empty: not there by the deadline, or the connection died.
  std::optional<Reply> reply(Deadline deadline);

  // One exchange and its reply; a time-out kills the connection, as the late reply
  // would be taken for that of the next one.
  std::optional<Reply> call(const Statements& statements, Deadline deadline);

  // For what does no harm twice: reconnects and repeats, and repeats what the
  // server asks to have repeated. Throws std::runtime_error at the deadline, or
  // with what the server says against it.
  Reply insist(const Statements& statements, Deadline deadline);

 private:
  enum class Stage { none, connecting, introducing, ready };

  void begin();
  bool advance(Deadline deadline);
  bool advance_connecting(Deadline deadline);
  bool advance_introducing(Deadline deadline);
  bool submit(const Statement& statement);
  bool flush(Deadline deadline);
  bool take_in();
  bool wait_for(short events, Deadline deadline) const;
  void lose(std::string why);
  [[noreturn]] void refuse(const std::string& why) const;

  std::string address_;
  std::map<std::string, std::string> parameters_;
  Introduction introduction_;
  PGconn* session_ = nullptr;
  Stage stage_ = Stage::none;
  Deadline patience_ = Deadline::in(std::chrono::milliseconds(0));  // of an attempt to connect
  PostgresPollingStatusType wanted_ = PGRES_POLLING_FAILED;         // what libpq waits for in it
  std::size_t due_ = 0;                                             // exchanges without a reply
  Reply begun_;                                                     // the reply that is being read
  std::int64_t generation_ = 0;
  std::string why_;
};

}  // namespace assay::postgres
