// A key of a profile is added here in one line of the section that it is in, and
// where that section is read. tests/schema compares the two.
#include "cli/profile-keys.hpp"
#include "cli/role-table.hpp"
#include "cli/schema-parts.hpp"
#include "cli/schema.hpp"

namespace assay::schema {
namespace {

Json with_default(Json schema, const Json& value) {
  schema["default"] = value;
  return schema;
}

Json with_example(Json schema, const Json& value) {
  schema["examples"] = Json::array({value});
  return schema;
}

template <class Holder, class Table>
void describe_numbers(Json& properties, const Table& table) {
  const Holder fresh;
  for (const auto& number : table)
    properties[number.key] = with_default(integer(number.range, number.about), fresh.*number.member);
}

// Spaces may stand around each word, as the readers of claims and expectations have it.
std::string spaced(const std::string& pattern) { return " *" + pattern + " *"; }

Json claim_schema() {
  using enum Guarantee;
  using enum Scope;
  const auto guarantee = any_of(named({at_most_once, at_least_once, exactly_once}));
  const auto scope = any_of(named({stored, delivered, committed}));
  const auto clause = any_of(names_in(clause_table()));
  return with_example(matching("^" + spaced("(" + guarantee + ")") + "(@" + spaced("(" + scope + ")") + ")?" +
                                           "(\\+" + spaced("(" + clause + ")") + ")*$",
                                       "what is claimed: GUARANTEE [@ SCOPE] {+ CLAUSE}; assay list clauses has the words"),
                      "at-least-once");
}

Json expect_schema() {
  const auto anomaly = spaced("(" + any_of(known_anomalies()) + ")");
  const auto reason = spaced("(" + any_of(known_reasons()) + ")");
  return with_example(
      matching("^(" + spaced("upheld") + "|" + spaced("violated") + ":" + anomaly + "(," + anomaly + ")*|" +
                           spaced("inconclusive") + ":" + reason + ")$",
                       "the verdict that --as-expected holds the run against: upheld, violated: ANOMALY, ... or "
                       "inconclusive: REASON"),
      "upheld");
}

Json role_schema(const std::string& side, const std::string& usual) {
  std::vector<std::string> names, abouts;
  for (const auto& role : roles()) {
    if (role.side != side) continue;
    names.emplace_back(role.name);
    abouts.emplace_back(role.about);
  }
  Json schema = choice(names, "what a " + side + " does");
  schema["enumDescriptions"] = abouts;  // not of draft-07; editors show it
  return with_default(schema, usual);
}

Json excuses_schema() {
  std::vector<std::string> words;
  for (const auto excuse : all_excuses()) words.emplace_back(name(excuse));
  Json schema = list(choice(words), "why a missing message may be owed to nobody; profiles/format.md");
  schema["minItems"] = 1;
  return schema;
}

Json roles_schema() {
  const Profile fresh;
  return closed({{"producer", role_schema("producer", fresh.producer_role)},
                         {"consumer", role_schema("consumer", fresh.consumer_role)}},
                        {}, "how producers and consumers behave");
}

Json workload_schema() {
  Json properties;
  describe_numbers<Workload>(properties, workload_numbers);
  properties["start"] = with_default(
      choice(names_in(start_names), "when consumers begin to receive: at once, or when all messages are stored"),
      start_names.front().name);
  return closed(properties, {}, "what is sent, by whom");
}

Json words_schema(const std::vector<std::string>& words, const std::set<std::string>& usual, const std::string& about) {
  Json schema = list(choice(words), about);
  schema["minItems"] = 1;
  return with_default(schema, usual);
}

Json cut_schema() {
  Json properties{{"by", with_default(choice(cut_ways(), "bytes vanish; or connections are reset: at once, after so many bytes, or in place of the next answer"), Cut{}.by)}};
  describe_numbers<Cut>(properties, cut_numbers);
  return closed(properties, {}, "cut: how the network is cut: by reset, bytes, answer or blackhole");
}

Json faults_schema() {
  const FaultWish fresh;
  Json properties{{"kinds", words_schema(fault_kinds(), fresh.kinds, "kinds of faults")},
                  {"targets", words_schema(fault_targets(), fresh.targets, "whom they hit")}};
  describe_numbers<FaultWish>(properties, fault_numbers);
  describe_numbers<FaultWish>(properties, network_numbers);
  properties["cut"] = with_default(cut_schema(), Json{{"by", fresh.cut.by}});
  return closed(properties, {}, "what is done to them");
}

Json evidence_schema() {
  Json properties;
  describe_numbers<Floors>(properties, floor_numbers);
  describe_numbers<EvidenceWish>(properties, time_numbers);
  return closed(properties, {}, "how much must have happened before upheld may be said");
}

Json commands_schema() {
  Json argv = list(text(), "a program and its arguments; no shell reads them");
  argv["minItems"] = 1;
  Json properties;
  for (const auto& name : attached_commands()) properties[name] = argv;
  return closed(properties, {}, "how the server's owner is asked for a fault");
}

Json attached_schema() {
  // No user and password, which would stand in the report; and no half a variable.
  const Json address = matching(R"(^(\$[A-Za-z_][A-Za-z0-9_]*|[^$@\u0000-\u001f\u007f][^@\u0000-\u001f\u007f]*)$)",
                                        "where it is reached; \"$NAME\" is what the environment variable NAME holds");
  const Json timeout = with_default(integer(command_timeout.range, command_timeout.about), Attachment{}.command_timeout_ms);
  const Json schema = closed({{"address", address}, {"commands", commands_schema()}, {command_timeout.key, timeout}},
                                     {"address"}, "a server that is there already; without it assay starts one");
  return with_example(schema, {{"address", "$BROKER_ADDRESS"}});
}

Json argv_schema(const std::string& about) {
  Json argv = list(text(), about);
  argv["minItems"] = 1;
  return argv;
}

Json environment_schema() { return map(text(), "variables for it; ASSAY_... are assay's own"); }

Json agents_schema() {
  const std::string command = "a program and its arguments, started in the profile's folder; no shell reads them";
  const Json query = closed({{"query", line("SQL that finds one row an effect, with a column message")}}, {"query"});
  const Json producer = closed({{"command", argv_schema(command)},
                                {"environment", environment_schema()},
                                {"resends", with_default(flag("it resends until it is acknowledged"), false)}},
                               {"command"}, "a producer of your own");
  const Json consumer = closed({{"command", argv_schema(command)},
                                {"environment", environment_schema()},
                                {"effects", {{"description", "where its effects are found"},
                                             {"anyOf", Json::array({constant("log"), query})}}}},
                               {"command"}, "a consumer of your own");
  const Json agents = closed({{"consumer", consumer}, {"producer", producer}}, {},
                             "programs of your own in place of a role; docs/agent-protocol.md");
  return with_example(agents, {{"consumer", {{"command", {"python3", "consumer.py"}}, {"effects", "log"}}}});
}

Json pipeline_schema() {
  const Pipeline fresh;
  const std::string about = "a program of your own between producers and consumers; docs/pipelines.md";
  const Json pointer = closed({{"pointer", text("a JSON pointer")}}, {"pointer"});
  const Json pattern = closed({{"pattern", line("a regular expression with one group")}}, {"pattern"});
  const Json message{{"description", "where a message's id is found in what comes out"}, {"anyOf", Json::array({pointer, pattern})}};
  const Json pipeline = closed({{"command", argv_schema("a program and its arguments, with {address}, {input}, {output} and others")},
                                {"environment", environment_schema()},
                                {"instances", with_default(integer(instances_range, "how many processes of it"), fresh.instances)},
                                {"message", message},
                                {"input", with_default(line("what is sent, with {message} and {body}"), fresh.input)},
                                {"longest_ms", with_default(integer(longest_ms_range, "how long it may hold a message that no channel shows"),
                                                            fresh.longest_ms)}},
                               {"command"}, about);
  return with_example(pipeline, {{"command", {"python3", "pipeline.py", "{address}", "{input}", "{output}"}}});
}

Json setting_schema(const Json& setting) {
  Json schema{{"type", setting.at("type")}};
  if (setting.contains("about")) schema["description"] = setting.at("about");
  for (const auto& [theirs, ours] : {std::pair{"values", "enum"}, std::pair{"min", "minimum"}, std::pair{"max", "maximum"}})
    if (setting.contains(theirs)) schema[ours] = setting.at(theirs);
  return with_default(schema, setting.at("default"));
}

Json settings_schema(const SystemDescription* system) {
  const std::string about = "its configuration";
  if (system == nullptr) return map({{"type", {"string", "integer", "boolean"}}}, about);
  Json properties = Json::object();
  for (const Json& setting : system->described.at("settings"))
    properties[setting.at("name").get<std::string>()] = setting_schema(setting);
  return closed(properties, {}, about);
}

// A server of the user's own, without an adapter.
Json own_server_schema() {
  const Json timer = closed({{"name", line()}, {"ms", integer({0, 3'600'000})}}, {"name", "ms"});
  const Json flags = flag();
  const Json abilities = closed({{"ack", choice({"none", "each", "cumulative"})},
                                 {"ack_answered", flags},
                                 {"dedup", list(choice({"id", "session-sequence"}))},
                                 {"send_answered", flags},
                                 {"shape", choice({"queue", "log", "fan-out"})},
                                 {"stale_ack_refused", flags},
                                 {"takeover", choice({"never", "disconnect", "timer", "request"})}},
                                {}, "what it can do; docs/own-broker.md");
  Json server = closed({{"name", line("for the report")},
                        {"command", argv_schema("runs the server in the foreground; {port}, {directory}, {address}")},
                        {"commands", commands_schema()},
                        {command_timeout.key, integer(command_timeout.range, command_timeout.about)},
                        {"probe", argv_schema("ends with 0 once the server is ready")},
                        {"timers", list(timer, "how long it may hold a message back; the drain waits for twice the longest")},
                        {"abilities", abilities},
                        {"agents", agents_schema()}},
                       {"timers"}, "a server of your own");
  server["oneOf"] = Json::array({Json{{"required", {"command"}}}, Json{{"required", {"commands"}}}});
  return server;
}

Json system_schema(const SystemDescription* system) {
  Json name = system ? constant(system->name) : line();
  const std::string about = "the system under test; assay list systems has the names";
  Json whole = closed(
      {{"name", name},
       {"settings", settings_schema(system)},
       {"port", with_example(integer({1, 65535}, "where the server listens; without it on a free port"), 7000)},
       {"attached", attached_schema()}},
      {"name"}, about);
  whole["not"] = {{"required", {"port", "attached"}}};
  return {{"description", about}, {"anyOf", system ? Json::array({name, whole}) : Json::array({name, whole, own_server_schema()})}};
}

Json schema_for(const SystemDescription* system) {
  const Json properties{
      {"$schema", with_example({{"description", "for editors; ignored"}}, "./profile.schema.json")},
      {"name", with_example(matching("^[^\\u0000-\\u001f\\u007f]+$", "the name in results; without it FOLDER/FILE"),
                            "mine/at-least-once")},
      {"about", with_default(line("one sentence for people"), "")},
      {"system", system_schema(system)},
      {"claim", claim_schema()},
      {"excuses", excuses_schema()},
      {"roles", roles_schema()},
      {"agents", agents_schema()},
      {"pipeline", pipeline_schema()},
      {"workload", workload_schema()},
      {"faults", faults_schema()},
      {"evidence", evidence_schema()},
      {"expect", expect_schema()},
  };
  return document("assay profile", "One claim about one configuration of one system, and how it is put to the test.",
                  closed(properties, {"system", "claim"}));
}

}  // namespace
}  // namespace assay::schema

nlohmann::ordered_json assay::profile_schema() { return schema::schema_for(nullptr); }
nlohmann::ordered_json assay::profile_schema(const SystemDescription& system) { return schema::schema_for(&system); }
