// INSERTs in libpq's pipeline mode, each a transaction; then a window of rows
// taken with SKIP LOCKED, deleted and committed together.
#include <libpq-fe.h>

#include "tests/bench/systems/plain.hpp"

using namespace plain;

namespace {

struct Session {
  PGconn* connection = nullptr;

  void must(bool went_well, const char* attempted) const { insist(went_well, attempted, PQerrorMessage(connection)); }

  PGresult* query(const char* text) const {
    auto* result = PQexec(connection, text);
    const auto status = PQresultStatus(result);
    must(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, text);
    return result;
  }
  void command(const char* text) const { PQclear(query(text)); }
};

// Each message has two results, its own and that of its Sync, and a null behind
// its own.
void take_answer(const Session& session) {
  auto* stored = PQgetResult(session.connection);
  session.must(PQresultStatus(stored) == PGRES_TUPLES_OK, "INSERT");
  PQclear(stored);
  session.must(PQgetResult(session.connection) == nullptr, "the end of an INSERT");
  auto* sync = PQgetResult(session.connection);
  session.must(PQresultStatus(sync) == PGRES_PIPELINE_SYNC, "the Sync behind an INSERT");
  PQclear(sync);
}

void send(const Session& session, const Load& load) {
  session.must(PQenterPipelineMode(session.connection) == 1, "begin a pipeline");
  const char* values[]{"key", load.body.data()};
  const int lengths[]{3, static_cast<int>(load.body.size())}, formats[]{0, 1};
  for (int sent = 0, answered = 0; answered < load.messages; ++answered) {
    for (; sent < load.messages && sent - answered < load.window; ++sent) {
      session.must(PQsendQueryParams(session.connection, "INSERT INTO plain (key, body) VALUES ($1::text, $2::bytea) RETURNING id::text", 2,
                                     nullptr, values, lengths, formats, 0) == 1, "send an INSERT");
      session.must(PQpipelineSync(session.connection) == 1, "send a Sync");
    }
    take_answer(session);
  }
  session.must(PQexitPipelineMode(session.connection) == 1, "end the pipeline");
}

void receive(const Session& session, const Load& load, Times& times) {
  const auto take = "SELECT id::text, body FROM plain ORDER BY plain.id LIMIT " + std::to_string(load.window) + " FOR UPDATE SKIP LOCKED";
  for (int received = 0; received < load.messages;) {
    session.command("BEGIN");
    auto* rows = session.query(take.c_str());
    if (received == 0) times.first_delivery = Clock::now();
    std::string ids;
    for (int i = 0; i < PQntuples(rows); ++i, ++received) ids += (i == 0 ? "" : ",") + std::string(PQgetvalue(rows, i, 0));
    PQclear(rows);
    session.command(("DELETE FROM plain WHERE id = ANY ('{" + ids + "}'::bigint[])").c_str());
    session.command("COMMIT");
  }
  times.last_ack = Clock::now();
}

Times loop(const Load& load) {
  const auto port = std::to_string(load.port);
  const char* names[]{"host", "port", "user", "dbname", "password", nullptr};
  const char* values[]{load.host.c_str(), port.c_str(), "postgres", "postgres", load.secret.c_str(), nullptr};
  const Session session{PQconnectdbParams(names, values, 0)};
  session.must(PQstatus(session.connection) == CONNECTION_OK, "connect");
  session.command("CREATE TABLE plain (id bigserial PRIMARY KEY, key text NOT NULL, body bytea NOT NULL)");
  Times times;
  times.first_send = Clock::now();
  send(session, load);
  times.last_answer = Clock::now();
  receive(session, load, times);
  PQfinish(session.connection);
  return times;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, loop); }
