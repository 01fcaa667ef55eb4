#include "cli/profile-pipeline.hpp"

#include <algorithm>

#include "agents/control/placeholders.hpp"
#include "agents/control/recognition.hpp"
#include "cli/profile-keys.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> known_places{"address", "group", "host", "input", "name", "output", "port"};
const std::vector<std::string> known_parts{"attempt", "body", "key", "message"};

void refuse_unknown_gaps(const ProfileText& text, const ValuePath& path, const std::string& value, const std::vector<std::string>& known) {
  for (const auto& gap : gaps_in(value))
    if (std::ranges::find(known, gap) == known.end())
      text.refuse(path, "nothing is put in place of {" + gap + "}" + suggestion(gap, known));
}

ValuePath in_pipeline(const std::string& key) { return {"pipeline", key}; }

void read_command(const ProfileText& text, const Section& section, Pipeline& pipeline) {
  if (!section.has("command"))
    section.refuse("command", "missing; expected a program and its arguments, as in [\"python3\", \"pipeline.py\", \"{address}\", "
                              "\"{input}\", \"{output}\"]");
  pipeline.command = section.words("command");
  if (pipeline.command.front().empty()) section.refuse("command", 0, "expected a program, found an empty string");
  for (const auto& word : pipeline.command) {
    const auto gaps = gaps_in(word);
    if (std::ranges::find(gaps, "secret") != gaps.end())
      text.refuse(in_pipeline("command"), "everybody on this machine can read a command line; {secret} belongs into /pipeline/environment");
    refuse_unknown_gaps(text, in_pipeline("command"), word, known_places);
  }
}

void read_environment_of(const ProfileText& text, const Section& section, Pipeline& pipeline) {
  const auto* given = section.find("environment");
  if (!given) return;
  if (!given->is_object()) section.refuse("environment", "expected an object of strings, found " + found_text(*given));
  auto known = known_places;
  known.emplace_back("secret");
  for (const auto& entry : given->items()) {
    const ValuePath there{"pipeline", "environment", entry.key()};
    if (!entry.value().is_string()) text.refuse(there, "expected a string, found " + found_text(entry.value()));
    if (entry.key().empty() || entry.key().find('=') != std::string::npos)
      text.refuse(there, "this cannot be the name of a variable");
    const auto value = entry.value().get<std::string>();
    refuse_unknown_gaps(text, there, value, known);
    pipeline.environment[entry.key()] = value;
  }
}

// {"pointer": "/order"} or {"pattern": "order=([^;]+)"}
std::string read_rule(const ProfileText& text, const Section& section) {
  if (!section.has("message")) {
    if (section.has("input"))
      section.refuse("message", "missing; expected where a message is found in what comes out, as in {\"pointer\": \"/order\"}");
    return Pipeline().message;
  }
  const auto path = in_pipeline("message");
  if (!section.find("message")->is_object())
    text.refuse(path, "expected {\"pointer\": \"/order\"} or {\"pattern\": \"order=([^;]+)\"}, found " +
                          found_text(*section.find("message")));
  const Section inside(text, path, {"pattern", "pointer"});
  if (inside.has("pattern") == inside.has("pointer")) text.refuse(path, "expected either a pointer or a pattern");
  const std::string kind = inside.has("pointer") ? "pointer" : "pattern";
  std::string rule;
  inside.take(kind, rule);
  try {
    const Recognition tried(kind + " " + rule);
  } catch (const std::invalid_argument& error) {
    inside.refuse(kind, error.what());
  }
  return kind + " " + rule;
}

void read_input(const ProfileText& text, const Section& section, Pipeline& pipeline) {
  section.take("input", pipeline.input);
  refuse_unknown_gaps(text, in_pipeline("input"), pipeline.input, known_parts);
  const auto gaps = gaps_in(pipeline.input);
  if (std::ranges::find(gaps, "message") == gaps.end())
    section.refuse("input", "it has no {message}, and nothing else tells messages apart");
}

// What the rule does not find in our own input it will not find in what becomes of it.
void try_rule(const ProfileText& text, const Profile& profile) {
  const auto& pipeline = *profile.pipeline;
  const std::string id = "1/producer-0/1";
  const auto sample = filled_in(pipeline.input, {{"message", id},
                                                 {"attempt", "1001"},
                                                 {"key", "k0"},
                                                 {"body", std::string(static_cast<std::size_t>(profile.workload.size), 'x')}});
  const ValuePath path = text.find(in_pipeline("message")) ? in_pipeline("message") : ValuePath{"pipeline"};
  std::optional<std::string> found;
  try {
    found = Recognition(pipeline.message).message_in(sample);
  } catch (const std::runtime_error& error) {
    text.refuse(path, error.what());
  }
  if (found == id) return;
  text.refuse(path, "the " + pipeline.message + " finds " + (found ? "\"" + *found + "\"" : "nothing") +
                        " where \"" + id + "\" is sent as " + sample.substr(0, 120) + "; correct it or /pipeline/input");
}

}  // namespace

std::optional<Pipeline> read_pipeline(const ProfileText& text, const std::filesystem::path& file) {
  if (!text.find({"pipeline"})) return std::nullopt;
  const Section section(text, {"pipeline"}, {"command", "environment", "input", "instances", "longest_ms", "message"});
  Pipeline pipeline;
  read_command(text, section, pipeline);
  read_environment_of(text, section, pipeline);
  pipeline.message = read_rule(text, section);
  read_input(text, section, pipeline);
  section.take("instances", pipeline.instances, instances_range);
  section.take("longest_ms", pipeline.longest_ms, longest_ms_range);
  pipeline.directory = std::filesystem::absolute(file).parent_path();
  return pipeline;
}

void hold_against_pipeline(const ProfileText& text, Profile& profile) {
  auto& targets = profile.faults.targets;
  if (!profile.pipeline) {
    if (text.find({"faults", "targets"}) && targets.contains("pipeline"))
      text.refuse({"faults", "targets"}, "there is no pipeline to be hit; say in /pipeline what it is, or leave it out");
    return;
  }
  if (!text.find({"faults", "targets"})) targets = {"pipeline"};
  if (text.find({"agents"}))
    text.refuse({"agents"}, "a pipeline stands between a producer and a consumer of ours, whose messages we know; leave out agents "
                            "or pipeline");
  if (profile.workload.consumers == 0)
    text.refuse({"workload", "consumers"}, "nobody would see what comes out of the pipeline; expected 1 or more");
  if (profile.workload.start == Start::producers_first)
    text.refuse({"workload", "start"}, "a pipeline is known to work when something has come through it, so consumers cannot be held back; "
                                       "expected together");
  if (2 * profile.pipeline->longest_ms >= profile.evidence.drain_timeout_ms)
    text.refuse({"pipeline"}, "a trial rests when nothing has come for twice longest_ms, and drain_timeout_ms is " +
                                  std::to_string(profile.evidence.drain_timeout_ms) + "; expected longest_ms below half of that");
  try_rule(text, profile);
}

void hold_pipeline_against_system(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  if (!profile.pipeline) return;
  const auto refuse = [&](const std::string& why) { text.refuse({"pipeline"}, why); };
  if (profile.attached) refuse("the server is attached, and a pipeline is tested only with a server that assay starts");
  if (system.has_ability("shape", "fan-out"))
    refuse("every instance would be given every message by " + system.name + " with these settings; a pipeline needs a queue or a log");
  if (!system.has_ability("backlog", "authoritative"))
    refuse(system.name + " with these settings cannot tell what it owes, so nobody knows when the pipeline has had it all");
  if (system.address_kind() == "tcp") return;
  const auto refuse_ports = [&](const ValuePath& path, const std::string& value) {
    for (const auto& gap : gaps_in(value))
      if (gap == "host" || gap == "port") text.refuse(path, system.name + " has no {" + gap + "}: it is reached by {address}");
  };
  for (const auto& word : profile.pipeline->command) refuse_ports(in_pipeline("command"), word);
  for (const auto& [name, value] : profile.pipeline->environment) refuse_ports({"pipeline", "environment", name}, value);
}

Json to_json(const Pipeline& pipeline) {
  return {{"command", pipeline.command},     {"environment", pipeline.environment}, {"directory", pipeline.directory.string()},
          {"instances", pipeline.instances}, {"input", pipeline.input},             {"message", pipeline.message},
          {"longest_ms", pipeline.longest_ms}};
}

Pipeline pipeline_from_json(const Json& body) {
  Pipeline pipeline;
  pipeline.command = body.at("command").get<std::vector<std::string>>();
  pipeline.environment = body.at("environment").get<std::map<std::string, std::string>>();
  pipeline.directory = body.at("directory").get<std::string>();
  pipeline.instances = body.at("instances").get<std::int64_t>();
  pipeline.input = body.at("input").get<std::string>();
  pipeline.message = body.at("message").get<std::string>();
  pipeline.longest_ms = body.at("longest_ms").get<std::int64_t>();
  return pipeline;
}

}  // namespace assay
