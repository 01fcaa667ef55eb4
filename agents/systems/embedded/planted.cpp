#include "agents/systems/embedded/planted.hpp"

#include <algorithm>
#include <chrono>

#include "checker/history/payload.hpp"

namespace assay::embedded {
namespace {

constexpr std::int64_t every = 20;
constexpr std::chrono::milliseconds slow{50};

}  // namespace

Planted::Planted(Defect defect, Store& store, Leases& leases) : defect_(defect), store_(store), leases_(leases) {
  if (is(Defect::loses_leased_on_restart)) store_.lose_delivered();
  if (is(Defect::forgets_acks_on_restart)) store_.forget_last_acks();
  if (is(Defect::forgets_dedup_on_restart)) store_.forget_identities();
  sent_ = store_.copies();
  silent_ = is(Defect::delivers_nothing) || (is(Defect::silent_after_restart) && sent_ > 0);
}

bool Planted::counts_twentieth() { return ++sent_ % every == 0; }

std::optional<std::int64_t> Planted::pretended(const std::string& queue) const {
  if (!is(Defect::swallows_new_as_duplicate)) return {};
  return store_.last_row(queue);
}

void Planted::spoil(Bytes& body) const {
  if (is(Defect::corrupts_payload) && !body.empty()) body.back() ^= 1;
}

// The payload of a message that nobody planned: its number is far too high.
Bytes Planted::invented(const Bytes& body) const {
  auto payload = parse_payload({reinterpret_cast<const char*>(body.data()), body.size()});
  if (!payload) return body;
  payload->message += "000000";
  const auto bytes = to_bytes(*payload);
  return {bytes.begin(), bytes.end()};
}

Deadline Planted::patience() const { return Deadline::in(slow); }

bool Planted::thinks_it_failed(Deadline patience) const {
  return is(Defect::stores_again_when_slow) && patience.passed();
}

std::vector<std::int64_t> Planted::choose(const std::string& queue, std::size_t most, Deadline until) {
  if (silent_) return {};
  if (!is(Defect::reorders)) return leases_.ready(queue, most);
  auto rows = leases_.ready(queue, most + 1);
  overtake(rows);
  const auto waits = [&](std::int64_t row) { return row % every == 0 && !overtaken_.contains(row); };
  if (!rows.empty() && waits(rows.back()) && !until.passed()) rows.pop_back();  // a newer one may come
  if (rows.size() > most) rows.resize(most);
  return rows;
}

// Each is put behind the next one once, or a full queue would keep it for ever.
void Planted::overtake(std::vector<std::int64_t>& rows) {
  for (std::size_t i = 0; i + 1 < rows.size(); ++i)
    if (rows[i] % every == 0 && overtaken_.insert(rows[i]).second) {
      std::swap(rows[i], rows[i + 1]);
      ++i;
    }
}

void Planted::ack_ahead(const std::string& session, std::int64_t row) {
  if (!is(Defect::acks_ahead)) return;
  ahead_.erase({session, row});
  const auto next = leases_.next_after(session, row);
  if (!next) return;
  store_.ack(*next);
  leases_.settle(*next);
  ahead_.insert({session, *next});
}

void Planted::saw(const std::string& queue, const std::string& key, const Bytes& body) {
  if (!is(Defect::leaks_between_queues) || newest_.queue == queue) return;
  before_ = std::exchange(newest_, {queue, key, body});
}

void Planted::leak_into(const std::string& queue) {
  if (!is(Defect::leaks_between_queues) || !opened_.insert(queue).second) return;
  const auto leaking = std::exchange(newest_.queue == queue ? before_ : newest_, {});
  if (leaking.queue.empty()) return;
  leases_.make_ready(queue, store_.append(queue, leaking.key, leaking.body));
}

}  // namespace assay::embedded
