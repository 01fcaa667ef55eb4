// Events of a report: the system's own words, and stretches in which nothing happened.
#include <doctest/doctest.h>

#include "cli/report-events.hpp"
#include "sample-run.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

const Json redis_like = Json::parse(R"({"verbs": {"send": "XADD", "ack": "XACK"}, "timers": [{"name": "idle", "ms": 200}, {"name": "lease", "ms": 60000}]})");

Json events_at(const std::vector<double>& times) {
  Json events = Json::array();
  for (const double t : times) events.push_back({{"t_ms", t}});
  return events;
}

std::string timer_after(double quiet) { return gaps_in(events_at({0, quiet}), redis_like)[0]["timer"]; }

}  // namespace

TEST_CASE("sends and acks carry the system's word for them, where it has one") {
  const auto trial = sample_trial();
  const auto order = in_time_order(trial);
  int sends = 0;
  for (const auto& event : report_events(trial, order, redis_like)) {
    const auto name = event["event"].get<std::string>();
    const std::string wanted = name.starts_with("send.") ? "XADD" : name.starts_with("ack.") ? "XACK" : "";
    CHECK(event.value("verb", "") == wanted);
    sends += wanted == "XADD";
  }
  CHECK(sends > 0);
  for (const auto& event : report_events(trial, order, Json::object())) CHECK(!event.contains("verb"));
}

TEST_CASE("a gap names the timer that is as long") {
  const auto gaps = gaps_in(events_at({0, 1, 205, 206, 300}), redis_like);
  REQUIRE(gaps.size() == 2);
  CHECK(gaps[0] == Json{{"after", 1}, {"ms", 204.0}, {"timer", "idle"}});
  CHECK(gaps[1] == Json{{"after", 3}, {"ms", 94.0}, {"timer", ""}});
  CHECK(timer_after(180) == "idle");
  CHECK(timer_after(179) == "");
  CHECK(timer_after(350) == "idle");
  CHECK(timer_after(351) == "");
  CHECK(timer_after(60'500) == "lease");
  CHECK(gaps_in(events_at({0, 50}), redis_like).empty());
}
