#include "agents/systems/embedded/leases.hpp"

#include <algorithm>

namespace assay::embedded {

void Leases::make_ready(const std::string& queue, std::int64_t row) { ready_[queue].insert(row); }

Opened Leases::open(const Session& session) {
  const auto same_owner = [&](const Session& other) {
    return other.queue == session.queue && other.owner == session.owner && other.id != session.id;
  };
  for (const auto& [id, open] : sessions_)
    if (same_owner(open.session) && open.session.opened > session.opened) return Opened::superseded;
  if (const auto* known = find(session.id); known && known->queue != session.queue) return Opened::elsewhere;
  for (auto it = sessions_.begin(); it != sessions_.end();)
    it = same_owner(it->second.session) ? close(it) : std::next(it);
  sessions_.try_emplace(session.id, Open{session, {}});
  return Opened::yes;
}

const Session* Leases::find(const std::string& id) const {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : &it->second.session;
}

std::vector<std::int64_t> Leases::ready(const std::string& queue, std::size_t most) const {
  const auto it = ready_.find(queue);
  if (it == ready_.end()) return {};
  const auto count = std::min(most, it->second.size());
  return {it->second.begin(), std::next(it->second.begin(), static_cast<std::ptrdiff_t>(count))};
}

void Leases::lend(const Session& session, const std::vector<std::int64_t>& rows) {
  auto& open = sessions_.at(session.id);
  for (const auto row : rows) {
    ready_[session.queue].erase(row);
    open.rows.insert(row);
  }
}

bool Leases::holds(const std::string& session, std::int64_t row) const {
  const auto it = sessions_.find(session);
  return it != sessions_.end() && it->second.rows.contains(row);
}

void Leases::finish(const std::string& session, std::int64_t row) { sessions_.at(session).rows.erase(row); }

void Leases::give_back(const std::string& session, std::int64_t row) {
  auto& open = sessions_.at(session);
  if (open.rows.erase(row) > 0) ready_[open.session.queue].insert(row);
}

void Leases::settle(std::int64_t row) {
  for (auto& [id, open] : sessions_) open.rows.erase(row);
  for (auto& [queue, rows] : ready_) rows.erase(row);
}

std::optional<std::int64_t> Leases::next_after(const std::string& session, std::int64_t row) const {
  const auto open = sessions_.find(session);
  if (open == sessions_.end()) return {};
  const auto& lent = open->second.rows;
  if (const auto next = lent.upper_bound(row); next != lent.end()) return *next;
  const auto queue = ready_.find(open->second.session.queue);
  if (queue == ready_.end()) return {};
  const auto next = queue->second.upper_bound(row);
  return next == queue->second.end() ? std::nullopt : std::optional(*next);
}

void Leases::expire(const std::string& queue, const std::string& owner) {
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    const auto& session = it->second.session;
    it = session.queue == queue && session.owner == owner ? close(it) : std::next(it);
  }
}

std::int64_t Leases::count_ready(const std::string& queue) const {
  const auto it = ready_.find(queue);
  return it == ready_.end() ? 0 : static_cast<std::int64_t>(it->second.size());
}

std::int64_t Leases::count_leased(const std::string& queue) const {
  std::int64_t count = 0;
  for (const auto& [id, open] : sessions_)
    if (open.session.queue == queue) count += static_cast<std::int64_t>(open.rows.size());
  return count;
}

Leases::Sessions::iterator Leases::close(Sessions::iterator open) {
  ready_[open->second.session.queue].merge(open->second.rows);
  return sessions_.erase(open);
}

}  // namespace assay::embedded
