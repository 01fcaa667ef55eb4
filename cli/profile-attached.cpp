#include "cli/profile-attached.hpp"

#include <algorithm>
#include <array>

#include "cli/profile-keys.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

// What strikes, and what heals it.
struct Pair {
  std::string_view kind, strikes, heals;
};
constexpr std::array<Pair, 3> pairs{{{"kill", "kill", "start"}, {"stall", "pause", "resume"}, {"stop", "stop", "start"}}};

bool is_variable(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_before_equals(const std::string& text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at < text.size() && text[at] == '=';
}

// Who writes a password into an address would find it again in the report.
std::string read_address(const Section& section) {
  std::string address;
  section.take("address", address);
  if (address.empty())
    section.refuse("address", "missing; expected where the server is, as in \"10.0.0.2:6379\", or \"$NAME\" for what the "
                              "environment variable NAME holds");
  if (address.starts_with('$') && !is_variable(address.substr(1)))
    section.refuse("address", "\"" + address.substr(1) + "\" cannot be the name of an environment variable");
  if (holds_secret(address))
    section.refuse("address", "an address without a user and a password is expected; the password is taken from the "
                              "environment variable ASSAY_SECRET");
  return address;
}

std::map<std::string, std::vector<std::string>> read_commands(const ProfileText& text) {
  const Section section(text, {"system", "attached", "commands"}, attached_commands());
  std::map<std::string, std::vector<std::string>> commands;
  for (const auto& name : attached_commands()) {
    if (!section.has(name)) continue;
    commands[name] = section.words(name);
    if (commands[name].front().empty()) section.refuse(name, 0, "expected a program, found an empty string");
  }
  return commands;
}

}  // namespace

bool holds_secret(const std::string& address) {
  const std::string word = "password";
  for (auto at = address.find(word); at != std::string::npos; at = address.find(word, at + 1))
    if (is_before_equals(address, at + word.size())) return true;
  return address.find('@') != std::string::npos;
}

std::optional<Attachment> read_attachment(const ProfileText& text) {
  if (text.find({"system", "attached"}) == nullptr) return std::nullopt;
  const Section section(text, {"system", "attached"}, {"address", "commands", "command_timeout_ms"});
  Attachment attached;
  attached.address = read_address(section);
  attached.commands = read_commands(text);
  section.take(command_timeout.key, attached.command_timeout_ms, command_timeout.range);
  return attached;
}

std::vector<std::string> missing_commands(const Attachment& attached, const std::string& kind) {
  std::vector<std::string> missing;
  const auto pair = std::ranges::find(pairs, kind, &Pair::kind);
  if (pair == pairs.end()) return missing;
  for (const auto name : {pair->strikes, pair->heals})
    if (!attached.commands.contains(std::string(name))) missing.emplace_back(name);
  return missing;
}

void settle_targets(const ProfileText& text, Profile& profile) {
  const auto& attached = *profile.attached;
  auto& faults = profile.faults;
  const bool chosen = text.find({"faults", "targets"}) != nullptr || faults.kinds.contains("stall");
  if (!chosen && attached.commands.empty()) faults.targets.erase("broker");
  if (!faults.targets.contains("broker")) return;
  for (const auto& kind : faults.kinds) {
    const auto missing = missing_commands(attached, kind);
    if (missing.empty()) continue;
    const bool any = text.find({"system", "attached", "commands"}) != nullptr;
    text.refuse(any ? ValuePath{"system", "attached", "commands"} : ValuePath{"system", "attached"},
                "the server is not ours, so the fault " + kind + " of the broker needs commands, and there is no " +
                    joined(missing) + "; name what is missing, or leave broker out of /faults/targets");
  }
}

Json to_json(const Attachment& attached) {
  Json commands = Json::object();
  for (const auto& [name, argv] : attached.commands) commands[name] = argv;
  return {{"address", attached.address}, {"commands", commands}, {"command_timeout_ms", attached.command_timeout_ms}};
}

Attachment attachment_from_json(const Json& body) {
  Attachment attached;
  attached.address = body.at("address").get<std::string>();
  for (const auto& command : body.at("commands").items())
    attached.commands[command.key()] = command.value().get<std::vector<std::string>>();
  attached.command_timeout_ms = body.at("command_timeout_ms").get<std::int64_t>();
  return attached;
}

}  // namespace assay
