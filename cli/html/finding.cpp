#include "cli/html/finding.hpp"

namespace assay::html {
namespace {

std::string scope_of(const Json& witness) {
  const std::string clause = text_in(witness, "clause");
  const auto scope = clause.rfind("@ ");
  return scope == std::string::npos ? "" : clause.substr(scope + 2);
}

}  // namespace

bool is_lost(const Json& witness) { return text_in(witness, "anomaly") == "lost"; }

Lane lane_of_loss(const Json& witness) { return scope_of(witness) == "committed" ? sink_lane() : broker_lane(); }

std::string event_of_copies(const Json& witness) {
  const std::string scope = scope_of(witness);
  if (text_in(witness, "anomaly") != "duplicated") return "";
  return scope == "committed" ? "sink.row" : scope == "stored" ? "stored.row" : "deliver";
}

std::optional<std::size_t> fatal_event(const Json& witness) {
  const Json& events = list_in(witness, "events");
  if (is_lost(witness)) return std::nullopt;
  const std::string copies = event_of_copies(witness);
  for (std::size_t i = events.size(); i-- > 0;)
    if (copies.empty() ? !is_of_harness(events[i]) : text_in(events[i], "event") == copies) return i;
  return std::nullopt;
}

}  // namespace assay::html
