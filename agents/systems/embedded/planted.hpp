// What the planted defects decide. The broker asks here at the points where one
// may be; in an honest broker every answer is the honest one.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agents/os/deadline.hpp"
#include "agents/systems/embedded/defect.hpp"
#include "agents/systems/embedded/leases.hpp"
#include "agents/systems/embedded/store.hpp"

namespace assay::embedded {

class Planted {
 public:
  // Does at once what the defects of a restart do to the store.
  Planted(Defect defect, Store& store, Leases& leases);

  bool is(Defect defect) const { return defect_ == defect; }

  // Counts one new message. True: it is one of every twenty.
  bool counts_twentieth();

  // The copy that the broker pretends to have stored for this message before.
  std::optional<std::int64_t> pretended(const std::string& queue) const;

  void spoil(Bytes& body) const;
  Bytes invented(const Bytes& body) const;

  // By when a send must have been stored, or the broker takes it for one that failed.
  Deadline patience() const;
  bool thinks_it_failed(Deadline patience) const;

  // What a receive gets that has time until then: the first copies that are ready.
  std::vector<std::int64_t> choose(const std::string& queue, std::size_t most, Deadline until);

  // Acknowledges another copy with this one, and remembers whose it was: the
  // later ack of its consumer must look like any other.
  void ack_ahead(const std::string& session, std::int64_t row);
  bool acked_ahead(const std::string& session, std::int64_t row) const { return ahead_.contains({session, row}); }

  // The first message that came to each queue; what of it another queue's first
  // opening stores there.
  void saw(const std::string& queue, const std::string& key, const Bytes& body);
  void leak_into(const std::string& queue);

 private:
  struct Seen {
    std::string queue;  // empty: none
    std::string key;
    Bytes body;
  };

  void overtake(std::vector<std::int64_t>& rows);

  Defect defect_;
  Store& store_;
  Leases& leases_;
  bool silent_ = false;
  std::int64_t sent_ = 0;
  std::set<std::int64_t> overtaken_;
  std::set<std::pair<std::string, std::int64_t>> ahead_;
  std::set<std::string> opened_;
  Seen newest_, before_;
};

}  // namespace assay::embedded
