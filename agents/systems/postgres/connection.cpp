#include "agents/systems/postgres/connection.hpp"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "agents/systems/postgres/errors.hpp"
#include "agents/systems/postgres/place.hpp"

namespace assay::postgres {
namespace {

using std::chrono::milliseconds;

// Longer than a fork of a busy server takes, shorter than a drain waits.
constexpr milliseconds connect_patience{5'000};
constexpr int binary = 1;
constexpr char error_message = 'E';  // the first byte of one (protocol 3.0)

// "FATAL:  28P01: password authentication failed ...", of several lines.
std::string first_line(const char* message) {
  std::string line = message ? message : "";
  if (const auto end = line.find('\n'); end != std::string::npos) line.resize(end);
  if (const auto at = line.rfind("FATAL:  "); at != std::string::npos) line.erase(0, at + 8);
  return line.empty() ? "it is gone" : line;
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

// Nothing: the server did not say this, libpq did, and the connection is gone.
std::optional<Failure> failure_in(const PGresult* result) {
  auto state = field(result, PG_DIAG_SQLSTATE);
  if (state.empty()) return std::nullopt;
  return Failure{std::move(state), field(result, PG_DIAG_SEVERITY_NONLOCALIZED), field(result, PG_DIAG_MESSAGE_PRIMARY)};
}

// A socket of TCP is reset, and forgets what it has not sent; one of the file
// system has handed over what it was given.
void cut(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  const sockaddr nowhere{.sa_family = AF_UNSPEC, .sa_data = {}};
  if (::connect(socket, &nowhere, sizeof nowhere) != 0) ::shutdown(socket, SHUT_RDWR);
}

}  // namespace

std::string Result::value(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Result::affected() const { return std::atoll(PQcmdTuples(result_.get())); }

Connection::Connection(const std::string& address, Introduction introduction)
    : address_(address), parameters_(parameters_of(address)), introduction_(std::move(introduction)) {
  parameters_["application_name"] = introduction_.name;
  parameters_["options"] = introduction_.options;
}

bool Connection::connect(Deadline deadline) {
  if (stage_ == Stage::ready && alive()) return true;
  if (stage_ == Stage::ready) drop();
  do {
    if (stage_ == Stage::none) begin();
    if (advance(deadline)) return true;
    if (stage_ == Stage::none) ::poll(nullptr, 0, 1);  // until somebody listens there again
  } while (!deadline.passed());
  return false;
}

void Connection::begin() {
  std::vector<const char*> names, values;
  for (const auto& [name, value] : parameters_) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr), values.push_back(nullptr);
  session_ = PQconnectStartParams(names.data(), values.data(), 0);
  if (!session_) throw std::bad_alloc();
  PQsetErrorVerbosity(session_, PQERRORS_VERBOSE);  // else the SQLSTATE of a refusal is not told
  PQsetNoticeReceiver(session_, [](void*, const PGresult*) {}, nullptr);
  patience_ = Deadline::in(connect_patience);
  wanted_ = PQstatus(session_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  stage_ = Stage::connecting;
}

bool Connection::advance(Deadline deadline) {
  if (stage_ == Stage::connecting && !advance_connecting(deadline)) return false;
  return advance_introducing(deadline);
}

bool Connection::advance_connecting(Deadline deadline) {
  while (wanted_ != PGRES_POLLING_OK) {
    if (wanted_ == PGRES_POLLING_FAILED) {
      const std::string said = first_line(PQerrorMessage(session_));
      lose(without_state(said));
      if (never_lets_in(said)) refuse(why_);
      return false;
    }
    if (!wait_for(wanted_ == PGRES_POLLING_READING ? POLLIN : POLLOUT, Deadline::earlier(deadline, patience_))) {
      if (why_.empty()) why_ = "no answer in time";  // else an attempt before this one was told why
      if (patience_.passed()) lose("no answer in time");
      return false;
    }
    wanted_ = PQconnectPoll(session_);
  }
  if (PQsetnonblocking(session_, 1) != 0 || PQenterPipelineMode(session_) != 1) {
    lose(first_line(PQerrorMessage(session_)));
    return false;
  }
  stage_ = Stage::introducing;
  if (!introduction_.statements.empty()) send(introduction_.statements, patience_);
  return true;
}

bool Connection::advance_introducing(Deadline deadline) {
  if (!introduction_.statements.empty()) {
    const auto done = reply(Deadline::earlier(deadline, patience_));
    if (!done) {
      if (session_ && patience_.passed()) lose("no answer in time");
      return false;
    }
    if (done->failure) {
      lose(done->failure->line);
      if (!is_passing(done->failure->state)) refuse(why_);
      return false;
    }
  }
  stage_ = Stage::ready;
  why_.clear();
  ++generation_;
  return true;
}

void Connection::refuse(const std::string& why) const { throw std::runtime_error("enter PostgreSQL at " + address_ + ": " + why); }

void Connection::drop() {
  if (!session_) return;
  if (PQsocket(session_) >= 0) cut(PQsocket(session_));
  PQfinish(std::exchange(session_, nullptr));
  stage_ = Stage::none;
  due_ = 0;
  begun_ = {};
}

void Connection::lose(std::string why) {
  why_ = std::move(why);
  drop();
}

// Who was asked nothing and says an error says farewell.
bool Connection::alive() const {
  if (stage_ != Stage::ready || PQstatus(session_) != CONNECTION_OK) return false;
  char byte = 0;
  const auto peeked = ::recv(PQsocket(session_), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (peeked > 0) return due_ > 0 || byte != error_message;
  return peeked < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

bool Connection::submit(const Statement& statement) {
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  for (const auto& value : statement.values) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
    formats.push_back(binary);
  }
  return PQsendQueryParams(session_, statement.text.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                           lengths.data(), formats.data(), binary) == 1;
}

bool Connection::send(const Statements& statements, Deadline deadline) {
  if (!session_) return false;
  ++due_;
  bool sent = true;
  for (const auto& statement : statements) sent = sent && submit(statement);
  sent = sent && PQpipelineSync(session_) == 1 && flush(deadline);
  if (!sent && why_.empty()) why_ = first_line(PQerrorMessage(session_));
  return sent;
}

// What cannot be written is no loss yet: the reason may be there to be read.
bool Connection::flush(Deadline deadline) {
  while (true) {
    const int left = PQflush(session_);
    if (left <= 0) return left == 0;
    if (!wait_for(POLLIN | POLLOUT, deadline)) {
      why_ = "not sent in time";
      ::shutdown(PQsocket(session_), SHUT_RDWR);  // a statement was cut in two: nothing may follow it
      return false;
    }
    if (PQconsumeInput(session_) != 1) return false;
  }
}

bool Connection::wait_for(short events, Deadline deadline) const {
  pollfd waited{.fd = PQsocket(session_), .events = events, .revents = 0};
  while (true) {
    const int ready = ::poll(&waited, 1, deadline.left_ms());
    if (ready > 0) return true;
    if (ready == 0 && deadline.passed()) return false;
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll connection to PostgreSQL at " + address_);
  }
}

bool Connection::readable(Deadline deadline) const { return !session_ || wait_for(POLLIN, deadline); }

bool Connection::has_answer() const {
  char byte = 0;
  return session_ && ::recv(PQsocket(session_), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0 && byte != error_message;
}

bool Connection::take_in() {
  if (PQconsumeInput(session_) == 1 && PQstatus(session_) == CONNECTION_OK) return true;
  return !PQisBusy(session_);  // what came before the end can still be taken
}

// Between the results of two statements libpq gives a null.
std::optional<Reply> Connection::arrived() {
  if (!session_ || due_ == 0) return std::nullopt;
  bool nothing = !take_in();
  while (!nothing && !PQisBusy(session_)) {
    Result result(PQgetResult(session_));
    const auto* raw = result.raw();
    if (!raw) {
      nothing = PQstatus(session_) != CONNECTION_OK;
      continue;
    }
    const auto status = PQresultStatus(raw);
    if (status == PGRES_PIPELINE_SYNC) {
      --due_;
      return std::exchange(begun_, {});
    }
    if (status == PGRES_PIPELINE_ABORTED) continue;
    if (status != PGRES_FATAL_ERROR) {
      begun_.results.push_back(std::move(result));
      continue;
    }
    begun_.failure = failure_in(raw);
    if (!begun_.failure) {
      lose(first_line(PQresultErrorMessage(raw)));
      return std::nullopt;
    }
    if (begun_.failure->final()) {
      Reply last = std::exchange(begun_, {});
      lose(last.failure->line);
      return last;
    }
  }
  if (nothing) lose(first_line(PQerrorMessage(session_)));
  return std::nullopt;
}

std::optional<Reply> Connection::reply(Deadline deadline) {
  while (session_ && due_ > 0) {
    if (auto there = arrived()) return there;
    if (session_ && !readable(deadline)) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Reply> Connection::call(const Statements& statements, Deadline deadline) {
  send(statements, deadline);  // where that failed the reason may be there to be read
  auto there = reply(deadline);
  if (!there && session_) lose("no answer in time");
  return there;
}

Reply Connection::insist(const Statements& statements, Deadline deadline) {
  do {
    if (!connect(deadline)) break;
    auto there = call(statements, deadline);
    if (!there) continue;
    if (!there->failure) return std::move(*there);
    why_ = there->failure->line;
    if (!is_passing(there->failure->state)) break;
  } while (!deadline.passed());
  throw std::runtime_error(statements.back().text.substr(0, 60) + " at PostgreSQL " + address_ + ": " + why_);
}

}  // namespace assay::postgres
