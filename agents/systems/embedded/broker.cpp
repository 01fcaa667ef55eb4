#include "agents/systems/embedded/broker.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <memory>

#include <unistd.h>

#include "agents/os/descriptor.hpp"

namespace assay::embedded {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::int64_t longest_wait_ms = 60'000;
constexpr std::int64_t most_deliveries = 10'000;
constexpr std::int64_t most_listed = 1'000;
constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();

std::string copy_name(const std::string& queue, std::int64_t row) { return queue + "/" + std::to_string(row); }

std::int64_t row_of(const std::string& tag) {
  std::int64_t row = 0;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), row);
  if (error != std::errc() || end != tag.data() + tag.size()) throw Refused("tag must be one that was delivered");
  return row;
}

}  // namespace

Broker::Broker(const std::filesystem::path& directory, Endpoint endpoint, const BrokerSettings& settings,
               CrashPoints& points)
    : fenced_(settings.fenced && settings.defect != Defect::accepts_stale_ack),
      delivery_limit_(settings.delivery_limit * (settings.defect == Defect::doubles_delivery_limit ? 2 : 1)),
      points_(points),
      store_(directory, settings.identities),
      planted_(settings.defect, store_, leases_),
      endpoint_(std::move(endpoint)) {
  for (const auto& copy : store_.owed()) leases_.make_ready(copy.queue, copy.row);
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
    else if (op == "give-back") give_back(caller, request);
    else if (op == "reject") reject(caller, request);
    else if (op == "expire") expire(caller, request);
    else if (op == "backlog") backlog(caller, request);
    else if (op == "list") list(caller, request, Letters::living);
    else if (op == "dead-letters") list(caller, request, Letters::dead);
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
  const auto identity = identity_in(request);
  const auto patience = planted_.patience();
  points_.pass(Window::b_recv);

  auto first = identity ? store_.known(queue, *identity) : std::nullopt;
  const bool planted = !first && planted_.counts_twentieth();
  if (planted && identity) first = planted_.pretended(queue);
  if (first) return confirm(caller, {.copy = copy_name(queue, *first), .duplicate = true});
  if (planted) planted_.spoil(body);

  store_.begin();
  const auto row = store_.append(queue, key, body);
  if (identity) store_.remember(queue, *identity, row);
  const bool invents = planted && planted_.is(Defect::invents_message);
  const auto second_row = invents ? store_.append(queue, key, planted_.invented(body)) : row;
  points_.pass(Window::b_appended);
  const bool hasty = planted_.is(Defect::answers_before_durable);
  if (hasty) confirm(caller, {.copy = copy_name(queue, row)});
  store_.commit();
  leases_.make_ready(queue, row);
  leases_.make_ready(queue, second_row);
  planted_.saw(queue, key, body);
  points_.pass(Window::b_durable_before_reply);
  if (planted_.thinks_it_failed(patience)) leases_.make_ready(queue, store_.append(queue, key, body));
  if (!hasty) confirm(caller, {.copy = copy_name(queue, row)});
}

// "The reply has left" must be true where the broker stops, and zmq_send only
// queues: so when this point is armed, the socket is closed behind the reply.
void Broker::confirm(const Caller& caller, const Answer& answer) {
  json body = {{"copy", answer.copy}};
  if (answer.duplicate) body["duplicate"] = true;
  reply(caller, std::move(body));
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
  planted_.leak_into(session.queue);
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
  auto deliveries = deliver(*session, waiting);
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

// Those that were handed out as often as allowed are set aside, and others take their place.
std::vector<std::int64_t> Broker::choose(const Session& session, const Waiting& waiting) {
  while (true) {
    auto rows = planted_.choose(session.queue, waiting.most, waiting.until);
    const auto worn_out = [&](std::int64_t row) { return delivery_limit_ > 0 && store_.deliveries(row) >= delivery_limit_; };
    const auto worn = std::stable_partition(rows.begin(), rows.end(), [&](auto row) { return !worn_out(row); });
    for (auto row = worn; row != rows.end(); ++row) {
      store_.set_aside(*row, "limit");
      leases_.settle(*row);
    }
    if (worn == rows.end() || worn != rows.begin()) return {rows.begin(), worn};
  }
}

json Broker::deliver(const Session& session, const Waiting& waiting) {
  auto deliveries = json::array();
  const auto rows = choose(session, waiting);
  if (rows.empty()) return deliveries;

  for (auto& copy : store_.deliver(rows)) {
    if (planted_.is(Defect::claims_first_delivery)) copy.count = 1;
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
  if (fenced_) refuse_stale(session, row);
  else if (!store_.was_delivered(row)) throw Refused("never delivered");
  store_.ack(row);
  planted_.ack_ahead(session, row);
  points_.pass(Window::b_ack_durable_before_reply);
  if (fenced_) leases_.finish(session, row);
  else leases_.settle(row);
  reply(caller, json::object());
}

// To be given again, by whoever holds it.
void Broker::give_back(const Caller& caller, const Request& request) {
  const auto& session = request.text("session");
  const auto row = row_of(request.text("tag"));
  refuse_stale(session, row);
  leases_.give_back(session, row);
  reply(caller, json::object());
}

void Broker::reject(const Caller& caller, const Request& request) {
  const auto& session = request.text("session");
  const auto row = row_of(request.text("tag"));
  points_.pass(Window::b_ack_recv);
  refuse_stale(session, row);
  if (planted_.is(Defect::drops_rejected)) store_.drop(row);
  else store_.set_aside(row, "rejected");
  points_.pass(Window::b_ack_durable_before_reply);
  leases_.finish(session, row);
  reply(caller, json::object());
}

void Broker::refuse_stale(const std::string& session, std::int64_t row) {
  if (!leases_.find(session)) throw Refused("no session");
  if (!leases_.holds(session, row) && !planted_.acked_ahead(session, row)) throw Refused("lease lost");
}

void Broker::expire(const Caller& caller, const Request& request) {
  leases_.expire(request.text("queue"), request.text("owner"));
  reply(caller, json::object());
}

void Broker::backlog(const Caller& caller, const Request& request) {
  const auto& queue = request.text("queue");
  const bool silent = planted_.is(Defect::delivers_nothing);
  reply(caller, {{"ready", silent ? 0 : leases_.count_ready(queue)},
                 {"leased", silent ? 0 : leases_.count_leased(queue)},
                 {"delayed", 0},
                 {"prepared", 0}});
}

void Broker::list(const Caller& caller, const Request& request, Letters which) {
  const auto& queue = request.text("queue");
  auto copies = json::array();
  std::int64_t last = request.number("after", 0, any);
  for (auto& copy : store_.list(queue, last, most_listed, which)) {
    last = copy.row;
    copies.push_back(
        {{"copy", copy_name(queue, copy.row)}, {"body", json::binary(std::move(copy.body))}, {"state", copy.state}});
    if (which == Letters::dead) copies.back()["reason"] = copy.reason;
  }
  reply(caller, {{"copies", std::move(copies)}, {"last", last}});
}

void Broker::reply(const Caller& caller, json body) {
  body["n"] = caller.n;
  endpoint_.send(caller.peer, json::to_msgpack(body));
}

Descriptor handed_over(const char* variable) {
  const char* number = std::getenv(variable);
  return number ? Descriptor(std::stoi(number)) : Descriptor();
}

// Whoever waits for it hears one byte.
void announce_ready() {
  const auto ready = handed_over("ASSAY_READY");
  if (ready) (void)!::write(ready.get(), "r", 1);
}

void run_broker(const std::filesystem::path& directory, const std::string& address,
                const BrokerSettings& settings) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit is an error like that of a full disk, not the end
  std::unique_ptr<RecordMapping> recording;
  if (const char* path = std::getenv("ASSAY_RECORDING")) recording = std::make_unique<RecordMapping>(path);
  const auto unrecorded = std::make_unique<RecordHeader>();
  CrashPoints points(recording ? recording->header() : *unrecorded);
  Broker broker(directory, Endpoint(address, handed_over("ASSAY_LISTENER")), settings, points);
  announce_ready();
  broker.run();
}

}  // namespace assay::embedded
