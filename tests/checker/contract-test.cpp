#include <doctest/doctest.h>

#include <stdexcept>

#include "checker/contract.hpp"

using namespace assay;

TEST_CASE("a claim is a guarantee, perhaps a scope, perhaps further clauses") {
  CHECK(parse_claim("at-least-once") == Claim{.guarantee = Guarantee::at_least_once});
  CHECK(parse_claim(" exactly-once@stored ") == Claim{.guarantee = Guarantee::exactly_once, .scope = Scope::stored});
  CHECK(parse_claim("at-most-once @ delivered + redel-honest + ack-durable") ==
        Claim{.guarantee = Guarantee::at_most_once,
              .scope = Scope::delivered,
              .further = {Clause::ack_durable, Clause::redel_honest}});
}

TEST_CASE("a claim can be written and read again") {
  for (const auto guarantee : {Guarantee::at_most_once, Guarantee::at_least_once, Guarantee::exactly_once})
    for (const auto scope : {Scope::stored, Scope::delivered, Scope::committed}) {
      const Claim claim{.guarantee = guarantee, .scope = scope, .further = {Clause::ack_durable}};
      CAPTURE(to_string(claim));
      CHECK(parse_claim(to_string(claim)) == claim);
    }
}

TEST_CASE("a claim that is none names the words there are") {
  for (const auto* wrong : {"", "exactly once", "at-least-once @", "at-least-once @ here", "at-least-once +",
                            "at-least-once + fast", "@ stored", "at-least-once + ack-durable +"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_claim(wrong), std::invalid_argument);
  }
  CHECK_THROWS_WITH(parse_claim("at-least-once @ here"),
                    "claim: a scope expected, not \"here\"; one of: stored, delivered, committed");
}

TEST_CASE("a guarantee is a set of clauses") {
  const auto names = [](Guarantee guarantee) {
    std::string text;
    for (const auto at : clauses_of(guarantee, Scope::committed)) text += std::string(name(at.clause)) + " ";
    return text;
  };
  CHECK(names(Guarantee::at_most_once) == "no-dup no-phantom no-corruption ");
  CHECK(names(Guarantee::at_least_once) == "no-loss no-phantom no-corruption ");
  CHECK(names(Guarantee::exactly_once) == "no-loss no-dup no-phantom no-corruption no-aborted ");
}

TEST_CASE("a clause claimed by name is judged once and at its own scope") {
  Claim claim = parse_claim("at-least-once @ committed + ack-durable + no-loss");
  std::string text;
  for (const auto at : clauses_of(claim)) text += to_string(at) + "; ";
  CHECK(text == "no-loss @ committed; no-phantom @ committed; no-corruption @ committed; ack-durable; ");
}

TEST_CASE("order, leases and progress are claimed by name") {
  const auto claim = parse_claim("at-least-once @ committed + progress + fifo + lease-exclusive");
  CHECK(to_string(claim) == "at-least-once @ committed + fifo + lease-exclusive + progress");
  CHECK(name(entry(Clause::fifo).anomaly) == "reordered");
  CHECK(name(entry(Clause::lease_exclusive).anomaly) == "zombie-write");
  CHECK(name(entry(Clause::progress).anomaly) == "stuck");
  CHECK(anomaly_named("stuck") == Anomaly::stuck);
}

TEST_CASE("clauses of logs, limits, dead letters and ids are claimed by their names") {
  const std::string words = "at-least-once @ committed + offset-unique + no-gap + monotone-redelivery + max-delivery + ttl + dlq-conserve + "
                            "dedup + dedup-no-false-positive + redel-exact";
  CHECK(to_string(parse_claim(words)) == words);
  CHECK(clauses_of(parse_claim("at-least-once @ stored + dedup")).back() == ClauseAt{Clause::dedup, Scope::delivered});
  for (const auto anomaly : all_anomalies()) CHECK(anomaly_named(name(anomaly)) == anomaly);
}
