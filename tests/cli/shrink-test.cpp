// What is made smaller, and in which order; whether a plan still violates is said here by a formula.
#include <doctest/doctest.h>

#include "cli/shrink.hpp"

using namespace assay;

namespace {

RunPlan plan_with(const std::string& fault) {
  RunPlan plan{.run = "r", .seed = 3};
  plan.profile.name = "p";
  plan.profile.workload = {.messages = 100, .size = 64, .producers = 2, .consumers = 3, .keys = 8, .in_flight = 4, .prefetch = 5};
  plan.only = fault;
  return plan;
}

Judgement control() {
  Judgement judgement{.trial = 1};
  judgement.hits["producer-0"]["P.before_send"] = 50;
  judgement.hits["consumer-0"]["C.received"] = 33;
  judgement.hits["consumer-0"]["C.effect_before_ack"] = 33;
  judgement.hits["consumer-1"]["C.effect_before_ack"] = 33;
  return judgement;
}

bool aims_at(const RunPlan& plan, const std::string& window) { return plan.only.find(":" + window + "#") != std::string::npos; }

}  // namespace

TEST_CASE("what a violation does not need is left out, one thing after the other") {
  const auto shrunk = shrink(plan_with("kill:consumer-1@consumer-1:C.effect_before_ack#17"), control(), "C.effect_before_ack", true,
                             [](const RunPlan& plan, bool) { return plan.profile.workload.messages >= 2; });
  CHECK(shrunk.plan.only == "kill:consumer-0@consumer-0:C.effect_before_ack#1");
  CHECK(shrunk.plan.profile.workload == Workload{.messages = 2, .size = 1, .keys = 1});
  CHECK(shrunk.steps == std::vector<std::string>{
                            "workload.messages 100 -> 2, kill:consumer-1@consumer-1:C.effect_before_ack#17 -> kill:consumer-1@consumer-1:C.effect_before_ack#1",
                            "workload.consumers 3 -> 1", "workload.producers 2 -> 1", "workload.prefetch 5 -> 1", "workload.in_flight 4 -> 1",
                            "workload.keys 8 -> 1", "workload.size 64 -> 1"});
  CHECK(shrunk.sets == std::vector<std::string>{"workload.messages=2", "workload.consumers=1", "workload.producers=1", "workload.prefetch=1",
                                                "workload.in_flight=1", "workload.keys=1", "workload.size=1"});
}

TEST_CASE("what a violation needs stays") {
  const auto needs = [](const RunPlan& plan, bool) {
    const auto& work = plan.profile.workload;
    return work.messages >= 5 && work.prefetch == 5 && work.consumers == 3 && plan.only.ends_with("#2");
  };
  const auto shrunk = shrink(plan_with("kill:broker@consumer-0:C.received#2"), control(), "C.received", true, needs);
  CHECK(needs(shrunk.plan, true));
  CHECK(shrunk.plan.profile.workload.messages == 5);
  CHECK(shrunk.plan.profile.workload.producers == 1);
  CHECK(shrunk.plan.only == "kill:broker@consumer-0:C.received#2");
}

TEST_CASE("a random kill is aimed at the window where it struck") {
  const auto shrunk = shrink(plan_with("kill:consumer-1@random#4"), control(), "C.effect_before_ack", true, [](const RunPlan& plan, bool) {
    return aims_at(plan, "C.effect_before_ack") && plan.profile.workload.consumers == 3;
  });
  CHECK(shrunk.plan.only == "kill:consumer-1@consumer-1:C.effect_before_ack#1");
  CHECK(shrunk.steps.front() == "kill:consumer-1@random#4 -> kill:consumer-1@consumer-1:C.effect_before_ack#1");
}

TEST_CASE("a random kill of a broker that marks nothing is aimed at where others stand") {
  const auto shrunk = shrink(plan_with("kill:broker@random#4"), control(), "broker:stored-not-taken", true,
                             [](const RunPlan& plan, bool) { return aims_at(plan, "C.effect_before_ack"); });
  CHECK(shrunk.plan.only == "kill:broker@consumer-0:C.effect_before_ack#1");
}

TEST_CASE("an aim that always violates is preferred to one that does now and then") {
  const auto aim = [](bool anything_sure) {
    return shrink(plan_with("kill:broker@random#4"), control(), "broker:stored-not-taken", false, [&](const RunPlan& plan, bool surely) {
      return aims_at(plan, "P.before_send") ? anything_sure : aims_at(plan, "C.received") && !surely;
    }).plan.only;
  };
  CHECK(aim(true) == "kill:broker@producer-0:P.before_send#1");
  CHECK(aim(false) == "kill:broker@consumer-0:C.received#1");
}

TEST_CASE("a random kill that no aimed one replaces stays, with less beside it") {
  std::int64_t asked = 0;
  const auto shrunk = shrink(plan_with("kill:broker@random#4"), control(), "broker:idle", false, [&](const RunPlan& plan, bool) {
    ++asked;
    return plan.only == "kill:broker@random#4";
  });
  CHECK(shrunk.plan.only == "kill:broker@random#4");
  CHECK(shrunk.plan.profile.workload.messages == 1);
  CHECK(shrunk.tried == asked);
}

TEST_CASE("a violation without any fault needs none") {
  auto plan = plan_with("");
  plan.profile.faults.mode = FaultMode::none;
  const auto shrunk = shrink(plan, control(), "", true, [](const RunPlan& candidate, bool) { return candidate.profile.workload.messages >= 20; });
  CHECK(shrunk.plan.profile.workload.messages == 20);  // 21 of 1, 2, 3, 5, 8, 13, 21 and then between
  CHECK(shrunk.plan.only.empty());
}

TEST_CASE("where nothing fails but the plan itself it comes back as it was") {
  const auto plan = plan_with("kill:consumer-0@consumer-0:C.received#2");
  const auto shrunk = shrink(plan, control(), "C.received", true, [](const RunPlan&, bool) { return false; });
  CHECK(shrunk.plan == plan);
  CHECK(shrunk.steps.empty());
  CHECK(shrunk.sets.empty());
  CHECK(shrunk.tried > 10);
}

TEST_CASE("what violates rarely is tried more often") {
  CHECK(tries_for(5, 5) == 1);
  CHECK(tries_for(4, 5) == 5);
  CHECK(tries_for(1, 2) == 10);
  CHECK(tries_for(1, 20) == 20);
}
