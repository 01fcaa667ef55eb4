#include "agents/systems/embedded/broker.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <memory>

#include "checker/history/payload.hpp"

namespace assay::embedded {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::int64_t longest_wait_ms = 60'000;
constexpr std::int64_t most_deliveries = 10'000;
constexpr std::int64_t most_listed = 1'000;
constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t planted_every = 20;

std::string copy_name(const std::string& queue, std::int64_t row) { return queue + "/" + std::to_string(row); }

std::int64_t row_of(const std::string& tag) {
  std::int64_t row = 0;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), row);
  if (error != std::errc() || end != tag.data() + tag.size()) throw Refused("tag must be one that was delivered");
  return row;
}

// The payload of a message that nobody planned: its number is far too high.
Bytes invented(const Bytes& body) {
  auto payload = parse_payload({reinterpret_cast<const char*>(body.data()), body.size()});
  if (!payload) return body;
  payload->message += "000000";
  const auto bytes = to_bytes(*payload);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Broker::Broker(const std::filesystem::path& directory, const std::string& address, Defect defect, CrashPoints& points)
    : defect_(defect), points_(points), store_(directory), endpoint_(address) {
  if (defect_ == Defect::loses_leased_on_restart) store_.lose_delivered();
  if (defect_ == Defect::forgets_acks_on_restart) store_.forget_last_acks();
  for (const auto& copy : store_.owed()) leases_.make_ready(copy.queue, copy.row);
  sent_ = store_.copies();
}

void Broker::run() {
  while (true) {
    auto wake = Deadline::in(milliseconds(longest_wait_ms));
    for (const auto& waiting : waiting_) wake = Deadline::earlier(wake, waiting.until);
    if (const auto message = endpoint_.receive(wake)) handle(*message);
    serve_waiting();
  }
}

void Broker::handle(const Inbound& message) {
  Caller caller{message.peer, 0};
  try {
    const Request request(message.bytes);
    caller.n = request.number("n", 0, any);
    const auto& op = request.text("op");
    if (op == "send") send(caller, request);
    else if (op == "open") open(caller, request);
    else if (op == "receive") receive(caller, request);
    else if (op == "ack") ack(caller, request);
    else if (op == "expire") expire(caller, request);
    else if (op == "backlog") backlog(caller, request);
    else if (op == "list") list(caller, request);
    else if (op == "ping") reply(caller, json::object());
    else throw Refused("unknown operation");
  } catch (const Refused& refused) {
    reply(caller, {{"refused", refused.what()}});
  } catch (const std::runtime_error& error) {
    store_.rollback();
    reply(caller, {{"error", error.what()}});
  }
}

void Broker::send(const Caller& caller, const Request& request) {
  const auto& queue = request.text("queue");
  const auto& key = request.text("key");
  auto body = request.bytes("body");
  points_.pass(Window::b_recv);

  const bool planted = ++sent_ % planted_every == 0;
  if (planted && defect_ == Defect::corrupts_payload && !body.empty()) body.back() ^= 1;

  store_.begin();
  const auto row = store_.append(queue, key, body);
  const bool invents = planted && defect_ == Defect::invents_message;
  const auto second_row = invents ? store_.append(queue, key, invented(body)) : row;
  points_.pass(Window::b_appended);
  if (defect_ == Defect::answers_before_durable) confirm(caller, queue, row);
  store_.commit();
  leases_.make_ready(queue, row);
  leases_.make_ready(queue, second_row);
  points_.pass(Window::b_durable_before_reply);
  if (defect_ != Defect::answers_before_durable) confirm(caller, queue, row);
}

// "The reply has left" must be true where the broker stops, and zmq_send only
// queues: so when this point is armed, the socket is closed behind the reply.
void Broker::confirm(const Caller& caller, const std::string& queue, std::int64_t row) {
  reply(caller, {{"copy", copy_name(queue, row)}});
  points_.pass(Window::b_replied, [&] { endpoint_.close_when_sent(); });
  if (endpoint_.is_open()) return;
  waiting_.clear();  // their connections are gone
  endpoint_.open();
}

void Broker::open(const Caller& caller, const Request& request) {
  const Session session{.id = request.text("session"),
                        .queue = request.text("queue"),
                        .group = request.text("group"),
                        .owner = request.text("owner"),
                        .opened = request.number("opened", 0, any)};
  switch (leases_.open(session)) {
    case Opened::yes: break;
    case Opened::superseded: throw Refused("superseded by a newer session of its owner");
    case Opened::elsewhere: throw Refused("this session is open on another queue");
  }
  reply(caller, json::object());
}

void Broker::receive(const Caller& caller, const Request& request) {
  const auto most = request.number("max", 1, most_deliveries);
  const auto wait_ms = std::min(request.number("wait_ms", 0, any), longest_wait_ms);
  waiting_.push_back({.caller = caller,
                      .session = request.text("session"),
                      .most = static_cast<std::size_t>(most),
                      .until = Deadline::in(milliseconds(wait_ms))});
}

void Broker::serve_waiting() {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return served(waiting); });
}

bool Broker::served(const Waiting& waiting) try {
  const auto* session = leases_.find(waiting.session);
  if (!session) throw Refused("no session");
  auto deliveries = deliver(*session, waiting.most);
  if (deliveries.empty() && !waiting.until.passed()) return false;
  reply(waiting.caller, {{"deliveries", std::move(deliveries)}});
  return true;
} catch (const Refused& refused) {
  reply(waiting.caller, {{"refused", refused.what()}});
  return true;
} catch (const std::runtime_error& error) {
  store_.rollback();
  reply(waiting.caller, {{"error", error.what()}});
  return true;
}

json Broker::deliver(const Session& session, std::size_t most) {
  auto deliveries = json::array();
  const auto rows = leases_.ready(session.queue, most);
  if (rows.empty() || defect_ == Defect::delivers_nothing) return deliveries;

  for (auto& copy : store_.deliver(rows)) {
    if (defect_ == Defect::claims_first_delivery) copy.count = 1;
    deliveries.push_back({{"copy", copy_name(session.queue, copy.row)},
                          {"body", json::binary(std::move(copy.body))},
                          {"tag", std::to_string(copy.row)},
                          {"redelivered", copy.count > 1},
                          {"count", copy.count}});
  }
  leases_.lend(session, rows);
  return deliveries;
}

void Broker::ack(const Caller& caller, const Request& request) {
  const auto& session = request.text("session");
  const auto row = row_of(request.text("tag"));
  points_.pass(Window::b_ack_recv);
  if (!leases_.find(session)) throw Refused("no session");
  if (!leases_.holds(session, row)) throw Refused("lease lost");
  store_.ack(row);
  points_.pass(Window::b_ack_durable_before_reply);
  leases_.finish(session, row);
  reply(caller, json::object());
}

void Broker::expire(const Caller& caller, const Request& request) {
  leases_.expire(request.text("queue"), request.text("owner"));
  reply(caller, json::object());
}

void Broker::backlog(const Caller& caller, const Request& request) {
  const auto& queue = request.text("queue");
  const bool silent = defect_ == Defect::delivers_nothing;
  reply(caller, {{"ready", silent ? 0 : leases_.count_ready(queue)},
                 {"leased", silent ? 0 : leases_.count_leased(queue)},
                 {"delayed", 0},
                 {"prepared", 0}});
}

void Broker::list(const Caller& caller, const Request& request) {
  const auto& queue = request.text("queue");
  auto copies = json::array();
  std::int64_t last = request.number("after", 0, any);
  for (auto& copy : store_.list(queue, last, most_listed)) {
    last = copy.row;
    copies.push_back(
        {{"copy", copy_name(queue, copy.row)}, {"body", json::binary(std::move(copy.body))}, {"state", copy.state}});
  }
  reply(caller, {{"copies", std::move(copies)}, {"last", last}});
}

void Broker::reply(const Caller& caller, json body) {
  body["n"] = caller.n;
  endpoint_.send(caller.peer, json::to_msgpack(body));
}

void run_broker(const std::filesystem::path& directory, const std::string& address, Defect defect) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit is an error like that of a full disk, not the end
  std::unique_ptr<RecordMapping> recording;
  if (const char* path = std::getenv("ASSAY_RECORDING")) recording = std::make_unique<RecordMapping>(path);
  const auto unrecorded = std::make_unique<RecordHeader>();
  CrashPoints points(recording ? recording->header() : *unrecorded);
  Broker(directory, address, defect, points).run();
}

}  // namespace assay::embedded
