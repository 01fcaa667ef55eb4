#include "cli/path.hpp"

#include <algorithm>
#include <charconv>

namespace assay {
namespace {

// "send" and "invoke" of "send.invoke".
std::string type_of(const Json& event) { return text_in(event, "event").substr(0, text_in(event, "event").find('.')); }

std::string phase_of(const Json& event) {
  const std::string name = text_in(event, "event");
  const auto dot = name.find('.');
  return dot == std::string::npos ? "" : name.substr(dot + 1);
}

Lane lane_named(const std::string& process, std::int64_t incarnation) {
  if (process.starts_with("producer")) return {Station::producer, process, incarnation};
  if (process.starts_with("consumer")) return {Station::consumer, process, incarnation};
  if (process == "broker") return broker_lane();
  return {Station::elsewhere, process, incarnation};
}

// "consumer-0#2", "broker"
Lane lane_in_words(const std::string& name) {
  const auto hash = name.rfind('#');
  std::int64_t incarnation = 0;
  if (hash == std::string::npos) return lane_named(name, 0);
  std::from_chars(name.data() + hash + 1, name.data() + name.size(), incarnation);
  return lane_named(name.substr(0, hash), incarnation);
}

std::string take_word(std::string& words) {
  const auto end = std::min(words.find_first_of(" ,"), words.size());
  const std::string word = words.substr(0, end);
  words.erase(0, std::min(words.find_first_not_of(" ,", end), words.size()));
  return word;
}

bool is_one_of(const std::string& word, std::initializer_list<const char*> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

const Lane& broker_lane() {
  static const Lane lane{Station::broker, "", 0};
  return lane;
}

const Lane& sink_lane() {
  static const Lane lane{Station::sink, "", 0};
  return lane;
}

Lane lane_of(const Json& event) {
  const std::string type = type_of(event);
  if (type == "sink") return sink_lane();
  if (type == "stored" || type == "backlog") return broker_lane();
  return lane_named(text_in(event, "process"), number_in(event, "incarnation"));
}

std::optional<Hop> hop_of(const Json& event) {
  if (is_of_harness(event)) return std::nullopt;
  const std::string type = type_of(event), phase = phase_of(event);
  const Lane own = lane_of(event);
  if (type == "deliver") return Hop{broker_lane(), own};
  if (type != "send" && type != "ack" && type != "effect") return std::nullopt;
  const Lane& other = type == "effect" ? sink_lane() : broker_lane();
  if (is_one_of(phase, {"invoke", "begin"})) return Hop{own, other};
  if (is_one_of(phase, {"ok", "fail", "confirmed", "refused"})) return Hop{other, own, true};
  return std::nullopt;
}

bool is_of_harness(const Json& event) { return text_in(event, "process") == "harness"; }

std::optional<Strike> strike_of(const Json& event) {
  const std::string type = type_of(event), phase = phase_of(event);
  std::string words = text_in(event, "say");
  if (type == "process" && is_of_harness(event)) {
    const Lane target = lane_in_words(take_word(words));
    const bool named = target.incarnation > 0 || target == broker_lane();
    return named ? std::optional(Strike{Strike::Phase::life, phase, target}) : std::nullopt;
  }
  if (type != "fault" || !is_one_of(phase, {"do", "proof", "heal"})) return std::nullopt;
  static const std::string proof = "proof of ";
  if (words.starts_with(proof)) words.erase(0, proof.size());
  const std::string act = take_word(words);
  const Lane target = lane_in_words(take_word(words));
  return Strike{phase == "do"      ? Strike::Phase::act
                : phase == "proof" ? Strike::Phase::proof
                                   : Strike::Phase::heal,
                act, target};
}

}  // namespace assay
