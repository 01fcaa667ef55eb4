#include "cli/profile.hpp"

#include <algorithm>
#include <span>

#include "checker/network.hpp"
#include "cli/profile-agents.hpp"
#include "cli/profile-attached.hpp"
#include "cli/profile-keys.hpp"
#include "cli/profile-pipeline.hpp"
#include "cli/profile-rules.hpp"
#include "cli/profile-server.hpp"
#include "cli/profile-system.hpp"
#include "cli/profile-text.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

template <class Table>
void add_keys(std::vector<std::string>& keys, const Table& table) {
  for (const auto& number : table) keys.emplace_back(number.key);
}

template <class Holder, class Table>
void take_numbers(const Section& section, Holder& into, const Table& table) {
  for (const auto& number : table) section.take(number.key, into.*number.member, number.range);
}

template <class Holder, class Table>
void put_numbers(Json& into, const Holder& from, const Table& table) {
  for (const auto& number : table) into[number.key] = from.*number.member;
}

template <class Holder, class Table>
void get_numbers(const Json& from, Holder& into, const Table& table) {
  for (const auto& number : table) into.*number.member = from.value(number.key, into.*number.member);  // older ones had fewer
}

bool among(const std::string& word, const std::vector<std::string>& words) {
  return std::ranges::find(words, word) != words.end();
}

std::string default_name(const std::filesystem::path& file) {
  const auto whole = std::filesystem::absolute(file).lexically_normal();
  const std::string folder = whole.parent_path().filename().string();
  return (folder.empty() ? "" : folder + "/") + whole.stem().string();
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::set<std::string> parse_anomalies(const std::string& list) {
  std::set<std::string> anomalies;
  for (std::size_t start = 0; start <= list.size();) {
    const auto end = std::min(list.find(',', start), list.size());
    const std::string word = trimmed(list.substr(start, end - start));
    if (!anomaly_named(word)) {
      throw std::invalid_argument("\"violated:\" needs anomalies, and \"" + word + "\" is none" +
                                  suggestion(word, known_anomalies()));
    }
    anomalies.insert(word);
    start = end + 1;
  }
  return anomalies;
}

// "upheld", "violated: lost, duplicated", "inconclusive: not_exercised".
Expectation parse_expectation(const std::string& text) {
  const auto colon = text.find(':');
  const std::string word = trimmed(text.substr(0, colon));
  const std::string rest = colon == std::string::npos ? "" : trimmed(text.substr(colon + 1));
  Expectation expected;
  if (word == name(Verdict::upheld)) {
    if (colon != std::string::npos) throw std::invalid_argument("nothing stands after \"upheld\"");
  } else if (word == name(Verdict::violated)) {
    expected.verdict = Verdict::violated;
    expected.anomalies = parse_anomalies(rest);
  } else if (word == name(Verdict::inconclusive)) {
    expected.verdict = Verdict::inconclusive;
    expected.reason = rest;
    if (!among(rest, known_reasons())) {
      throw std::invalid_argument("\"inconclusive:\" needs a reason, and \"" + rest + "\" is none" +
                                  suggestion(rest, known_reasons()));
    }
  } else {
    throw std::invalid_argument("\"" + word + "\" is no verdict" +
                                suggestion(word, {"upheld", "violated: ANOMALY, ...", "inconclusive: REASON"}));
  }
  return expected;
}

std::string to_string(const Expectation& expected) {
  std::string text(name(expected.verdict));
  if (expected.verdict == Verdict::violated)
    text += ": " + joined({expected.anomalies.begin(), expected.anomalies.end()});
  if (expected.verdict == Verdict::inconclusive) text += ": " + expected.reason;
  return text;
}

Section top_section(const ProfileText& text) {
  std::map<std::string, std::string> misplaced;
  for (const char* key : {"settings", "port", "attached"}) {
    misplaced[key] = std::string("write \"system\": {\"name\": ..., \"") + key + "\": ...}";
  }
  for (const auto& number : workload_numbers) misplaced[number.key] = "it belongs inside \"workload\"";
  for (const auto& number : time_numbers) misplaced[number.key] = "it belongs inside \"evidence\"";
  return {text,
          {},
          {"$schema", "name", "about", "system", "claim", "excuses", "roles", "agents", "pipeline", "workload", "faults", "evidence", "expect"},
          misplaced};
}

Start read_start(const Section& section) {
  std::string word(start_names.front().name);
  section.take("start", word);
  const auto found = std::ranges::find(start_names, word, &StartName::name);
  if (found == start_names.end())
    section.refuse("start", "\"" + word + "\" is none of the ways to start" + suggestion(word, names_in(start_names)));
  return found->start;
}

Workload read_workload(const ProfileText& text) {
  std::vector<std::string> keys{"start"};
  add_keys(keys, workload_numbers);
  const Section section(text, {"workload"}, keys);

  Workload workload;
  take_numbers(section, workload, workload_numbers);
  workload.start = read_start(section);
  if (workload.ack_batch > workload.prefetch) {
    section.refuse("ack_batch", "a consumer waits for " + std::to_string(workload.ack_batch) +
                                    " messages before it acknowledges them, and prefetch lets it have only " +
                                    std::to_string(workload.prefetch) + "; expected ack_batch <= prefetch");
  }
  return workload;
}

std::set<std::string> read_choice(const Section& section, const std::string& key, const std::vector<std::string>& known) {
  const auto words = section.words(key);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = '"' + words[i] + '"';
    if (!among(words[i], known)) section.refuse(key, i, word + " is none of the " + key + suggestion(words[i], known));
  }
  return {words.begin(), words.end()};
}

Cut read_cut(const ProfileText& text) {
  std::vector<std::string> keys{"by"};
  add_keys(keys, cut_numbers);
  const Section section(text, {"faults", "cut"}, keys);

  Cut cut;
  section.take("by", cut.by);
  if (!among(cut.by, cut_ways())) section.refuse("by", "\"" + cut.by + "\" is none of the ways to cut" + suggestion(cut.by, cut_ways()));
  take_numbers(section, cut, cut_numbers);
  if (cut.by != "bytes" && cut.bytes != Cut{}.bytes)
    section.refuse("bytes", "a cut by " + cut.by + " counts no bytes; leave it out, or set \"by\": \"bytes\"");
  return cut;
}

FaultWish read_faults(const ProfileText& text) {
  std::vector<std::string> keys{"kinds", "targets", "cut"};
  add_keys(keys, fault_numbers);
  add_keys(keys, network_numbers);
  const Section section(text, {"faults"}, keys);

  FaultWish faults;
  if (section.has("kinds")) faults.kinds = read_choice(section, "kinds", fault_kinds());
  if (section.has("targets")) faults.targets = read_choice(section, "targets", fault_targets());
  take_numbers(section, faults, fault_numbers);
  take_numbers(section, faults, network_numbers);
  if (section.has("cut")) faults.cut = read_cut(text);
  return faults;
}

EvidenceWish read_evidence(const ProfileText& text) {
  std::vector<std::string> keys;
  add_keys(keys, floor_numbers);
  add_keys(keys, time_numbers);
  const Section section(text, {"evidence"}, keys);

  EvidenceWish evidence;
  take_numbers(section, evidence.floors, floor_numbers);
  take_numbers(section, evidence, time_numbers);
  // A canary that may take longer than the drain is never seen to be late.
  if (evidence.progress_ms >= evidence.drain_timeout_ms)
    section.refuse("progress_ms", "a canary may take " + std::to_string(evidence.progress_ms) +
                                      " ms, and after drain_timeout_ms, " + std::to_string(evidence.drain_timeout_ms) +
                                      " ms, nobody watches any more; expected progress_ms < drain_timeout_ms");
  return evidence;
}

// What consumers that are somebody else's did with a message, only that somebody
// can tell.
Scope widest_scope(const Profile& profile) {
  if (profile.workload.consumers == 0) return Scope::stored;
  const auto consumer = profile.agents.find("consumer");
  return consumer == profile.agents.end() || consumer->second.effects ? Scope::committed : Scope::delivered;
}

Claim read_claim(const Section& top, const Profile& profile) {
  std::string words;
  top.take("claim", words);
  if (!top.has("claim")) top.refuse("claim", "missing; expected a guarantee, as in \"claim\": \"at-least-once\"");

  Claim claim;
  try {
    claim = parse_claim(words);
  } catch (const std::invalid_argument& error) {
    const std::string said = error.what();
    top.refuse("claim", said.starts_with("claim: ") ? said.substr(7) : said);
  }
  const bool consumed = profile.workload.consumers > 0;
  if (!claim.scope) claim.scope = widest_scope(profile);
  if (!consumed && *claim.scope != Scope::stored) {
    const std::string scope(name(*claim.scope));
    top.refuse("claim", "nothing is " + scope +
                            " without consumers, and /workload/consumers is 0; claim @ stored, or have consumers");
  }
  return claim;
}

// Without a bound nothing is ever too late, and the run could not but end inconclusive.
void check_progress(const Section& top, const Profile& profile) {
  const auto& further = profile.claim.further;
  if (std::ranges::find(further, Clause::progress) == further.end() || profile.evidence.progress_ms > 0) return;
  top.refuse("claim", "progress is claimed, and nobody says within what time; set /evidence/progress_ms to how many "
                      "milliseconds a message may take after a fault is healed, above 0 and below drain_timeout_ms (" +
                          std::to_string(profile.evidence.drain_timeout_ms) + ")");
}

// Where effects are not in the records of a consumer's course nobody can tell what
// had come true when a position moved.
void check_commit_safe(const Section& top, const Profile& profile) {
  const auto& further = profile.claim.further;
  if (std::ranges::find(further, Clause::commit_safe) == further.end()) return;
  const auto* role = role_named(profile.consumer_role);
  if (role && role->parts > 0) return;
  std::vector<std::string> names;
  for (const auto& entry : roles())
    if (entry.parts > 0) names.emplace_back(entry.name);
  top.refuse("claim", "commit-safe is claimed, and it is judged of consumers that send on what comes of a message: " + joined(names));
}

// Where no such fault is asked for, nothing is said of it.
void put_network(Json& into, const FaultWish& faults) {
  put_numbers(into, faults, network_numbers);
  into["cut"]["by"] = faults.cut.by;
  put_numbers(into["cut"], faults.cut, cut_numbers);
}

void get_network(const Json& from, FaultWish& faults) {
  get_numbers(from, faults, network_numbers);
  faults.cut.by = from.at("cut").at("by").get<std::string>();
  get_numbers(from.at("cut"), faults.cut, cut_numbers);
}

std::optional<Expectation> read_expectation(const Section& top) {
  if (!top.has("expect")) return std::nullopt;
  std::string words;
  top.take("expect", words);
  try {
    return parse_expectation(words);
  } catch (const std::invalid_argument& error) {
    top.refuse("expect", error.what());
  }
}

}  // namespace

Profile load_profile(const std::filesystem::path& file, const std::vector<std::string>& sets,
                     const std::string& claim) {
  ProfileText text = ProfileText::of_file(file);
  for (const auto& assignment : sets) text.set(assignment);
  if (!claim.empty()) text.replace({"claim"}, claim, "--claim " + claim);

  const Section top = top_section(text);
  Profile profile;
  profile.file = file;
  profile.name = default_name(file);
  top.take("name", profile.name);
  if (profile.name.empty()) top.refuse("name", "expected a name, found an empty string");
  top.take("about", profile.about);
  profile.workload = read_workload(text);
  profile.faults = read_faults(text);
  profile.evidence = read_evidence(text);
  profile.agents = read_agents(text, file);
  profile.pipeline = read_pipeline(text, file);
  profile.claim = read_claim(top, profile);
  profile.excuses = read_excuses(top);
  hold_against_agents(text, profile);
  hold_against_pipeline(text, profile);
  check_progress(top, profile);
  profile.expect = read_expectation(top);

  hold_against_system(text, top, profile);
  check_commit_safe(top, profile);
  return profile;
}

nlohmann::ordered_json to_json(const Profile& profile) {
  Json body;
  body["name"] = profile.name;
  body["about"] = profile.about;
  body["system"] = {{"name", profile.system}, {"settings", profile.settings}};
  if (profile.port) body["system"]["port"] = *profile.port;
  if (profile.attached) body["system"]["attached"] = to_json(*profile.attached);
  if (profile.own_server) body["system"]["own"] = to_json(*profile.own_server);
  body["claim"] = to_string(profile.claim);
  if (!profile.excuses.empty()) body["excuses"] = names_of(profile.excuses);
  body["roles"] = {{"producer", profile.producer_role}, {"consumer", profile.consumer_role}};
  if (!profile.agents.empty()) body["agents"] = to_json(profile.agents);
  if (profile.pipeline) body["pipeline"] = to_json(*profile.pipeline);
  put_numbers(body["workload"], profile.workload, workload_numbers);
  for (const auto& [start, name] : start_names)
    if (start == profile.workload.start) body["workload"]["start"] = name;
  body["faults"] = {{"kinds", profile.faults.kinds}, {"targets", profile.faults.targets}};
  put_numbers(body["faults"], profile.faults, fault_numbers);
  if (std::ranges::any_of(profile.faults.kinds, is_of_network)) put_network(body["faults"], profile.faults);
  for (const auto& [mode, name] : mode_names)
    if (mode == profile.faults.mode) body["faults"]["mode"] = name;
  put_numbers(body["evidence"], profile.evidence.floors, floor_numbers);
  put_numbers(body["evidence"], profile.evidence, time_numbers);
  if (profile.expect) body["expect"] = to_string(*profile.expect);
  body["file"] = profile.file.string();
  return body;
}

Profile profile_from_json(const nlohmann::ordered_json& body) {
  try {
    Profile profile;
    const Json& system = body.at("system");
    const Json& faults = body.at("faults");
    profile.name = body.at("name");
    profile.about = body.at("about");
    profile.system = system.at("name");
    profile.settings = system.at("settings");
    if (system.contains("port")) profile.port = system.at("port").get<std::int64_t>();
    if (system.contains("attached")) profile.attached = attachment_from_json(system.at("attached"));
    if (system.contains("own")) profile.own_server = own_server_from_json(system.at("own"));
    profile.claim = parse_claim(body.at("claim").get<std::string>());
    profile.excuses = excuses_from_json(body.value("excuses", Json::array()));
    profile.producer_role = body.at("roles").at("producer");
    profile.consumer_role = body.at("roles").at("consumer");
    if (body.contains("agents")) profile.agents = agents_from_json(body.at("agents"));
    if (body.contains("pipeline")) profile.pipeline = pipeline_from_json(body.at("pipeline"));
    get_numbers(body.at("workload"), profile.workload, workload_numbers);
    const auto start = std::ranges::find(start_names, body.at("workload").value("start", "together"), &StartName::name);
    if (start == start_names.end()) throw std::invalid_argument("unknown start " + body.at("workload").at("start").dump());
    profile.workload.start = start->start;
    profile.faults.kinds = faults.at("kinds").get<std::set<std::string>>();
    profile.faults.targets = faults.at("targets").get<std::set<std::string>>();
    get_numbers(faults, profile.faults, fault_numbers);
    if (faults.contains("cut")) get_network(faults, profile.faults);
    const auto mode = std::ranges::find(mode_names, faults.at("mode").get<std::string>(), &ModeName::name);
    if (mode == mode_names.end()) throw std::invalid_argument("unknown fault mode " + faults.at("mode").dump());
    profile.faults.mode = mode->mode;
    get_numbers(body.at("evidence"), profile.evidence.floors, floor_numbers);
    get_numbers(body.at("evidence"), profile.evidence, time_numbers);
    if (body.contains("expect")) profile.expect = parse_expectation(body.at("expect").get<std::string>());
    profile.file = body.at("file").get<std::string>();
    return profile;
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(std::string("read a stored profile: ") + error.what());
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(std::string("read a stored profile: ") + error.what());
  }
}

}  // namespace assay
