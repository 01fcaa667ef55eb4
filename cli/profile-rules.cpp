#include "cli/profile-rules.hpp"

#include <algorithm>
#include <stdexcept>

#include "cli/profile-text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

// Sending some messages once more behind the window has to fit into a trial.
constexpr std::int64_t longest_window_ms = 10'000;

std::vector<std::string> known_excuses() {
  std::vector<std::string> names;
  for (const auto excuse : all_excuses()) names.emplace_back(name(excuse));
  return names;
}

// What the evidence for an excuse would come from, and is not there; empty: it is.
std::string lacking(Excuse excuse, const SystemDescription& system) {
  const auto limits = system.limits();
  switch (excuse) {
    case Excuse::ttl: return limits.ttl_ms > 0 ? "" : "keeps messages without a limit of time";
    case Excuse::dlq:
    case Excuse::limit: return system.has_ability("dead_letters", "true") ? "" : "has no place for dead letters that could be listed";
    case Excuse::retention:
      if (!system.has_ability("shape", "log")) return "is no log";
      return limits.retention_ms > 0 ? "" : "keeps its log without a limit of time";
  }
  return {};
}

void check_excuses(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  for (const auto excuse : profile.excuses)
    if (const auto why = lacking(excuse, system); !why.empty())
      text.refuse({"excuses"}, "\"" + std::string(name(excuse)) + "\" excuses nothing: " + system.name + " with these settings " + why +
                                   "; leave it out, or set what limits it");
}

void check_roles(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  const auto limits = system.limits();
  if (profile.consumer_role == "give-back-some" && profile.workload.consumers > 0 && limits.max_delivery == 0)
    text.refuse({"roles", "consumer"}, "\"give-back-some\" gives a message back each time it comes, and " + system.name +
                                           " with these settings would hand it out for ever; set what limits that");
  if (profile.producer_role == "send-twice-with-stable-id" && limits.dedup_window_ms > longest_window_ms)
    text.refuse({"roles", "producer"}, "\"send-twice-with-stable-id\" waits until ids are forgotten, and " + system.name +
                                           " with these settings knows them for " + std::to_string(limits.dedup_window_ms) +
                                           " ms; expected at most " + std::to_string(longest_window_ms));
}

// Why nothing could ever put a clause to the test; empty: something could.
std::string untestable(Clause clause, const Rules& rules, const SystemDescription& system) {
  const auto needs = [](bool there, const char* lacking) { return there ? "" : lacking; };
  switch (clause) {
    case Clause::offset_unique:
    case Clause::no_gap:
    case Clause::monotone_redelivery: return needs(system.has_ability("shape", "log"), "is no log");
    case Clause::max_delivery: return needs(rules.limits.max_delivery > 0, "hands a message out without a limit");
    case Clause::ttl: return needs(rules.limits.ttl_ms > 0, "keeps messages without a limit of time");
    case Clause::dlq_conserve: return needs(rules.lists_dead_letters, "has no place for dead letters that could be listed");
    case Clause::dedup:
    case Clause::dedup_no_false_positive:
      return needs(rules.dedup != DedupBy::nothing, "is not asked by this producer to store anything once; give it a role with an id or a sequence");
    default: return {};
  }
}

void check_claim(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  const auto rules = rules_of(profile, system);
  for (const auto clause : profile.claim.further)
    if (const auto why = untestable(clause, rules, system); !why.empty())
      text.refuse({"claim"}, std::string(name(clause)) + " is claimed, and nothing could put it to the test: " + system.name +
                                 " with these settings " + why);
}

}  // namespace

std::set<Excuse> read_excuses(const Section& top) {
  std::set<Excuse> excuses;
  if (!top.has("excuses")) return excuses;
  const auto words = top.words("excuses");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto excuse = excuse_named(words[i]);
    if (!excuse) top.refuse("excuses", i, "\"" + words[i] + "\" is no excuse" + suggestion(words[i], known_excuses()));
    excuses.insert(*excuse);
  }
  return excuses;
}

void hold_rules_against_system(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  check_claim(text, system, profile);
  check_excuses(text, system, profile);
  check_roles(text, system, profile);
}

// What no consumer of the profile can have been given more than; 0: nobody knows.
std::int64_t most_held(const Profile& profile, const SystemDescription& system) {
  const bool loose = system.limit_loosens_prefetch() && system.limits().max_delivery > 0;
  return loose || profile.agents.contains("consumer") ? 0 : profile.workload.prefetch;
}

Rules rules_of(const Profile& profile, const SystemDescription& system) {
  return {.limits = system.limits(),
          .excuses = profile.excuses,
          .dedup = dedup_of(profile.producer_role),
          .lists_dead_letters = system.has_ability("dead_letters", "true"),
          .cumulative_acks = system.has_ability("ack", "cumulative"),
          .prefetch = most_held(profile, system)};
}

std::vector<std::string> names_of(const std::set<Excuse>& excuses) {
  std::vector<std::string> names;
  for (const auto excuse : excuses) names.emplace_back(name(excuse));
  return names;
}

std::set<Excuse> excuses_from_json(const Json& names) {
  std::set<Excuse> excuses;
  for (const auto& word : names) {
    const auto excuse = excuse_named(word.get<std::string>());
    if (!excuse) throw std::invalid_argument("unknown excuse " + word.dump());
    excuses.insert(*excuse);
  }
  return excuses;
}

Json rules_json(const Rules& rules) {
  Json limits = Json::object();
  for (const auto& [key, member] : limit_table()) limits[std::string(key)] = rules.limits.*member;
  return {{"limits", std::move(limits)},
          {"excuses", names_of(rules.excuses)},
          {"dedup", static_cast<int>(rules.dedup)},
          {"lists_dead_letters", rules.lists_dead_letters},
          {"cumulative_acks", rules.cumulative_acks},
          {"prefetch", rules.prefetch}};
}

Rules rules_from_json(const Json& body) {
  Rules rules;
  const auto limits = body.value("limits", Json::object());
  for (const auto& [key, member] : limit_table()) rules.limits.*member = limits.value(std::string(key), rules.limits.*member);
  rules.excuses = excuses_from_json(body.value("excuses", Json::array()));
  rules.dedup = static_cast<DedupBy>(body.value("dedup", 0));
  rules.lists_dead_letters = body.value("lists_dead_letters", false);
  rules.cumulative_acks = body.value("cumulative_acks", false);
  rules.prefetch = body.value("prefetch", std::int64_t{0});
  return rules;
}

}  // namespace assay
