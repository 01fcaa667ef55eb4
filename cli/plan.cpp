#include "cli/plan.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include <xxhash.h>

#include "checker/history/store.hpp"
#include "checker/network.hpp"
#include "cli/profile-attached.hpp"
#include "cli/profile-rules.hpp"
#include "cli/text.hpp"

namespace assay {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* plan_schema = "assay-plan/1";

// A number in [0, 1) that depends on seed and name alone, on every machine.
double draw(std::uint64_t seed, const std::string& name) {
  std::mt19937_64 engine(seed ^ XXH3_64bits(name.data(), name.size()));
  return static_cast<double>(engine() >> 11) * 0x1p-53;
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw UsageError("trial name \"" + name + "\": " + why +
                   "; expected KIND:TARGET@AGENT:WINDOW#K as in kill:broker@producer-0:P.before_send#3, or "
                   "KIND:TARGET@random#K");
}

[[noreturn]] void refuse_window(const std::string& name, const std::string& window) {
  std::vector<std::string> names;
  for (const auto& entry : windows()) names.emplace_back(entry.name);
  const auto near = nearest(window, names);
  refuse(name, "no window is called \"" + window + "\"" + (near.empty() ? "" : ", did you mean " + near + "?"));
}

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

Ground ground_of(const Profile& profile, const SystemDescription& system) {
  Ground ground;
  const auto shape = system.ability("shape");
  ground.shape = shape == "log" ? Ground::Shape::log : shape == "fan-out" ? Ground::Shape::fan_out : Ground::Shape::queue;
  ground.lists_stored = system.ability("lists_stored") == "true";
  ground.has_consumers = profile.workload.consumers > 0;
  ground.attached = profile.attached.has_value();
  ground.foreign_broker = ground.attached || !system.marks_windows();
  ground.request_timeout_ms = profile.evidence.request_timeout_ms;
  ground.progress_ms = profile.evidence.progress_ms;
  ground.backlog_authoritative = system.has_ability("backlog", "authoritative");
  for (const auto& [role, agent] : profile.agents) ground.foreign_agents.insert(role);
  if (profile.pipeline) ground.foreign_agents.insert("pipeline");
  if (profile.pipeline) ground.pipeline_ms = profile.pipeline->longest_ms;
  const auto consumer = profile.agents.find("consumer");
  ground.one_path = system.advertises();
  ground.has_sink = consumer == profile.agents.end() || consumer->second.effects;
  if (const auto* role = role_named(profile.consumer_role); role && consumer == profile.agents.end() && ground.has_consumers) {
    ground.parts = role->parts;
    ground.transactions = role->transactions;
  }
  ground.silence_ms = ground.backlog_authoritative ? 0 : 2 * system.longest_timer_ms();
  ground.rules = rules_of(profile, system);
  return ground;
}

// no-aborted speaks of sends that failed for certain; a producer that resends
// until it is acknowledged leaves none, but a consumer's transaction can. A
// pipeline may change what it is given.
std::set<Clause> not_applicable_to(const Profile& profile, const Ground& ground) {
  std::set<Clause> clauses;
  for (const auto clause : profile.claim.further) {
    const bool of_parts = clause == Clause::txn_atomic && ground.parts == 0;
    const bool of_transactions = (clause == Clause::precommit_invisible || clause == Clause::fenced) && !ground.transactions;
    if (of_parts || of_transactions) clauses.insert(clause);
  }
  const auto own = profile.agents.find("producer");
  if (own != profile.agents.end() && own->second.resends) clauses.insert(Clause::no_aborted);
  for (const auto& role : roles())
    if (role.name == profile.producer_role && !role.can_fail_definitely) clauses.insert(Clause::no_aborted);
  if (ground.transactions && profile.claim.scope == Scope::committed) clauses.erase(Clause::no_aborted);
  if (profile.pipeline) clauses.insert(Clause::no_corruption);
  return clauses;
}

Json terms_json(const Terms& terms) {
  Json not_applicable = Json::array();
  for (const auto clause : terms.not_applicable) not_applicable.push_back(name(clause));
  return {{"claim", to_string(terms.claim)},
          {"floors", {{"per_cell", terms.floors.per_cell}, {"faults", terms.floors.faults},
                      {"antecedents", terms.floors.antecedents}}},
          {"kinds", terms.kinds},
          {"targets", terms.targets},
          {"not_applicable", std::move(not_applicable)},
          {"ground", {{"shape", static_cast<int>(terms.ground.shape)}, {"lists_stored", terms.ground.lists_stored},
                      {"has_consumers", terms.ground.has_consumers}, {"foreign_broker", terms.ground.foreign_broker},
                      {"request_timeout_ms", terms.ground.request_timeout_ms},
                      {"progress_ms", terms.ground.progress_ms},
                      {"backlog_authoritative", terms.ground.backlog_authoritative},
                      {"silence_ms", terms.ground.silence_ms},
                      {"attached", terms.ground.attached},
                      {"foreign_agents", terms.ground.foreign_agents},
                      {"pipeline_ms", terms.ground.pipeline_ms},
                      {"has_sink", terms.ground.has_sink},
                      {"parts", terms.ground.parts},
                      {"transactions", terms.ground.transactions},
                      {"one_path", terms.ground.one_path},
                      {"rules", rules_json(terms.ground.rules)}}},
          {"evidence", terms.evidence == Evidence::faults ? "faults" : "history"},
          {"until_p", terms.until_p ? Json(*terms.until_p) : Json()}};
}

Terms terms_from(const Json& body) {
  Terms terms;
  terms.claim = parse_claim(body.at("claim").get<std::string>());
  const auto& floors = body.at("floors");
  terms.floors = {floors.at("per_cell").get<std::int64_t>(), floors.at("faults").get<std::int64_t>(),
                  floors.at("antecedents").get<std::int64_t>()};
  terms.kinds = body.at("kinds").get<std::set<std::string>>();
  terms.targets = body.at("targets").get<std::set<std::string>>();
  for (const auto& clause : body.at("not_applicable"))
    terms.not_applicable.insert(clause_named(clause.get<std::string>()).value());
  const auto& ground = body.at("ground");
  terms.ground = {static_cast<Ground::Shape>(ground.at("shape").get<int>()), ground.at("lists_stored").get<bool>(),
                  ground.at("has_consumers").get<bool>(), ground.at("foreign_broker").get<bool>(),
                  ground.value("request_timeout_ms", std::int64_t{0}), ground.at("progress_ms").get<std::int64_t>(),
                  ground.value("backlog_authoritative", true), ground.value("silence_ms", std::int64_t{0}),
                  ground.value("attached", false), ground.value("foreign_agents", std::set<std::string>()),
                  ground.value("pipeline_ms", std::int64_t{0}), ground.value("has_sink", true), ground.value("parts", std::int64_t{0}),
                  ground.value("transactions", false), ground.value("one_path", false)};
  terms.ground.rules = rules_from_json(ground.value("rules", Json::object()));
  terms.evidence = body.at("evidence").get<std::string>() == "faults" ? Evidence::faults : Evidence::history;
  if (const auto& until = body.at("until_p"); !until.is_null()) terms.until_p = until.get<double>();
  return terms;
}

}  // namespace

std::string PlannedFault::trigger() const {
  if (random()) return "random#" + std::to_string(index);
  return agent + ":" + window + "#" + std::to_string(occurrence);
}

std::string PlannedFault::name() const { return kind + ":" + target + "@" + trigger(); }

PlannedFault random_fault(const std::string& target, std::int64_t index, std::uint64_t seed) {
  PlannedFault fault{.target = target, .index = index};
  fault.instant = draw(seed, fault.name());
  return fault;
}

PlannedFault parse_fault(const std::string& name, std::uint64_t seed) {
  const auto colon = name.find(':'), at = name.find('@'), hash = name.rfind('#');
  if (colon == std::string::npos || at == std::string::npos || hash == std::string::npos || colon > at || at > hash)
    refuse(name, "not of that form");
  PlannedFault fault;
  fault.kind = name.substr(0, colon);
  fault.target = name.substr(colon + 1, at - colon - 1);
  const auto& kinds = fault_kinds();
  if (std::find(kinds.begin(), kinds.end(), fault.kind) == kinds.end()) {
    const auto near = nearest(fault.kind, kinds);
    refuse(name, "fault kind \"" + fault.kind + "\" is not one of: " + joined(kinds) +
                     (near.empty() ? "" : "; did you mean " + near + "?"));
  }

  std::int64_t number = 0;
  const auto digits = name.substr(hash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 0) refuse(name, "no number behind #");

  const auto trigger = name.substr(at + 1, hash - at - 1);
  if (trigger == "random" && fault.kind != "kill") refuse(name, "only kills strike at random moments");
  if (trigger == "random") return random_fault(fault.target, number, seed);
  const auto split = trigger.find(':');
  if (split == std::string::npos) refuse(name, "no window in its trigger");
  fault.agent = trigger.substr(0, split);
  fault.occurrence = number;
  fault.window = trigger.substr(split + 1);
  if (number == 0) refuse(name, "occurrences count from 1");
  // Agents of the user's own have windows that only they know; brokers have not.
  const auto owner = owner_of(fault.window);
  if (owner.empty() || (owner == "broker" && !window_named(fault.window))) refuse_window(name, fault.window);
  return fault;
}

namespace {

// Only where the profile asks for such faults do agents go through the proxy.
void refuse_without_network(const PlannedFault& fault, const Profile& profile) {
  if (!profile.faults.kinds.contains(fault.kind))
    refuse(fault.name(), "the profile names no " + fault.kind + " among its kinds of faults; --set 'faults.kinds=[\"" + fault.kind + "\"]'");
  const auto role = role_of(fault.target);
  if (role != "producer" && role != "consumer" && role != "broker")
    refuse(fault.name(), "a " + fault.kind + " is between agents and server");
}

// A trial can only fault what the profile starts.
void refuse_what_is_not_there(const PlannedFault& fault, const Profile& profile) {
  if (fault.kind == "stall" && fault.target != "broker") refuse(fault.name(), "only the broker is stalled");
  if (is_of_network(fault.kind)) refuse_without_network(fault, profile);
  std::vector<std::string> processes{"broker"};
  for (std::int64_t i = 0; i < profile.workload.producers; ++i) processes.push_back("producer-" + std::to_string(i));
  for (std::int64_t i = 0; i < profile.workload.consumers; ++i) processes.push_back("consumer-" + std::to_string(i));
  for (std::int64_t i = 0; profile.pipeline && i < profile.pipeline->instances; ++i) processes.push_back("pipeline-" + std::to_string(i));
  for (const auto& process : {fault.target, fault.random() ? fault.target : fault.agent}) {
    if (std::find(processes.begin(), processes.end(), process) != processes.end()) continue;
    const auto near = nearest(process, processes);
    refuse(fault.name(), "the profile starts no \"" + process + "\"" + (near.empty() ? "" : ", did you mean " + near + "?"));
  }
  // What windows the user's own agents have, only they know.
  const bool known = fault.random() || window_named(fault.window) || profile.agents.contains(role_of(fault.agent));
  if (!known) refuse_window(fault.name(), fault.window);
}

// Of a server that is not ours: what its owner lets us ask for, where somebody stands still meanwhile.
void refuse_what_nobody_can_do(const PlannedFault& fault, const Profile& profile) {
  if (!profile.attached || fault.target != "broker") return;
  if (fault.random())
    refuse(fault.name(), "the server is attached, and a command takes its time: it is faulted only while an agent stands at a window");
  const auto missing = missing_commands(*profile.attached, fault.kind);
  if (!missing.empty()) refuse(fault.name(), "the server is attached, and the profile has no command " + joined(missing));
}

// A bound for every window needs faults that are aimed at every window.
void refuse_what_aims_at_no_window(double until_p, const Profile& profile, const std::string& only) {
  const auto refuse_with = [&](const std::string& other) {
    throw UsageError("--until " + until_text(until_p) + ": it needs many faults in every window; leave out " + other);
  };
  if (!only.empty()) refuse_with("--only");
  if (profile.faults.mode == FaultMode::none) refuse_with("--faults none");
  if (profile.faults.mode == FaultMode::random) refuse_with("--faults random");
}

}  // namespace

std::vector<std::string> windows_of(const RunPlan& plan) {
  std::vector<std::string> list = windows_of(plan.profile.producer_role);
  if (plan.terms.ground.has_consumers) {
    const auto more = windows_of(plan.profile.consumer_role);
    list.insert(list.end(), more.begin(), more.end());
  }
  if (plan.terms.ground.foreign_broker) return list;
  for (const auto& entry : windows()) {
    const bool ack = entry.window == Window::b_ack_recv || entry.window == Window::b_ack_durable_before_reply;
    if (entry.side == Side::broker && (!ack || plan.terms.ground.has_consumers)) list.emplace_back(entry.name);
  }
  return list;
}

double parse_until(const std::string& text) {
  constexpr double least = 1e-6;  // three million faults in each window, which nobody waits for
  const auto refuse_with = [&](const std::string& why) {
    throw UsageError("--until \"" + text + "\": " + why + "; expected p<NUMBER, as in --until 'p<0.05', for how often at most a " +
                     "fault may violate the claim, above 0 and below 1");
  };
  double p = 0;
  if (!text.starts_with("p<")) refuse_with("not of that form");
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, p);
  if (error != std::errc{} || stop != end) refuse_with("no number behind p<");
  if (!(p > 0 && p < 1)) refuse_with("that is not between 0 and 1");
  if (p < least) refuse_with("below 1e-06 no run comes to its end");
  return p;
}

std::string until_text(double p) { return "p<" + Json(p).dump(); }

RunPlan make_plan(const Profile& profile, const SystemDescription& system, std::uint64_t seed, const std::string& only,
                  std::optional<double> until_p) {
  if (until_p) refuse_what_aims_at_no_window(*until_p, profile, only);
  if (!only.empty()) {
    refuse_what_is_not_there(parse_fault(only, seed), profile);
    refuse_what_nobody_can_do(parse_fault(only, seed), profile);
  }
  RunPlan plan;
  plan.seed = seed;
  plan.profile = profile;
  plan.system = system.described;
  if (profile.attached) plan.system["version"] = nullptr;  // what is installed here is not what runs there
  plan.only = only;
  const auto ground = ground_of(profile, system);
  plan.terms = {.claim = profile.claim,
                .floors = profile.evidence.floors,
                .kinds = profile.faults.kinds,
                .targets = profile.faults.targets,
                .not_applicable = not_applicable_to(profile, ground),
                .ground = ground,
                .until_p = until_p};
  const auto identity = to_json(profile).dump() + std::to_string(seed);
  plan.run = hex(XXH3_64bits(identity.data(), identity.size()));
  return plan;
}

std::string plan_json(const RunPlan& plan) {
  const Json body{{"schema", plan_schema},       {"run", plan.run},       {"seed", plan.seed},
                  {"only", plan.only},           {"sweep", plan.sweep}, {"terms", terms_json(plan.terms)},
                  {"profile", to_json(plan.profile)}, {"system", plan.system}};
  return body.dump(2) + "\n";
}

RunPlan plan_from_json(const std::string& text) {
  try {
    const auto body = Json::parse(text);
    if (body.at("schema") != plan_schema) throw std::runtime_error("it is not an " + std::string(plan_schema));
    RunPlan plan;
    plan.run = body.at("run").get<std::string>();
    plan.seed = body.at("seed").get<std::uint64_t>();
    plan.only = body.at("only").get<std::string>();
    plan.sweep = body.value("sweep", false);
    plan.terms = terms_from(body.at("terms"));
    plan.profile = profile_from_json(body.at("profile"));
    plan.system = body.at("system");
    return plan;
  } catch (const std::exception& error) {
    throw DamagedHistory("read plan.json: " + std::string(error.what()));
  }
}

}  // namespace assay
