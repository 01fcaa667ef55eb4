#include "story.hpp"

#include <sstream>
#include <stdexcept>

namespace assay {

namespace {

std::string process_of(const std::string& word) {
  const auto numbered = [&](const char* role) { return std::string(role) + "-" + (word.size() > 1 ? word.substr(1) : "0"); };
  if (word == "p" || (word[0] == 'p' && std::isdigit(word[1]))) return numbered("producer");
  if (word == "c" || (word[0] == 'c' && std::isdigit(word[1]))) return numbered("consumer");
  return word;
}

std::string message_of(const std::string& word) {
  if (word.starts_with("canary")) return "1/producer-0/canary-" + (word == "canary" ? "1" : word.substr(6));
  if (word == "end") return "1/producer-0/end";
  if (word[0] == 'm') return "1/producer-0/" + word.substr(1);
  if (word[0] == 'n') return "1/producer-1/" + word.substr(1);
  throw std::runtime_error("story: no message is called " + word);
}

void set(Event& event, const std::string& field, const std::string& value) {
  for (const auto& candidate : fields()) {
    if (candidate.name != field) continue;
    if (const auto* text = std::get_if<Field::Text>(&candidate.member)) event.**text = value;
    if (const auto* number = std::get_if<Field::Number>(&candidate.member)) event.**number = std::stoll(value);
    if (const auto* flag = std::get_if<Field::Flag>(&candidate.member)) event.**flag = value == "true";
    return;
  }
  throw std::runtime_error("story: no field is called " + field);
}

void name_event(Event& event, const std::string& word) {
  if (const auto type = type_named(word)) {
    event.type = *type;
    return;
  }
  const auto dot = word.find('.');
  const auto type = type_named(word.substr(0, dot));
  const auto phase = dot == std::string::npos ? std::nullopt : phase_named(word.substr(dot + 1));
  if (!type || !phase || !fits(*type, *phase)) throw std::runtime_error("story: no event is called " + word);
  event.type = *type;
  event.phase = *phase;
}

void complete(Event& event, const std::string& short_message) {
  const auto digits = short_message.empty() ? "" : short_message.substr(1);
  const bool carries_payload = event.type == Type::plan_message || event.type == Type::deliver ||
                               event.type == Type::sink_row || event.type == Type::stored_row ||
                               (event.type == Type::send && event.phase == Phase::invoke);
  if (carries_payload && !short_message.empty()) {
    event.key = "k";
    event.digest = "digest of " + short_message;
  }
  const bool has_attempt = event.type == Type::send || event.type == Type::deliver || event.type == Type::sink_row ||
                           event.type == Type::stored_row;
  if (has_attempt) event.attempt = 1;
  if (event.type == Type::deliver || event.type == Type::stored_row) event.copy = "q/" + digits;
  if (event.type == Type::deliver || event.type == Type::ack) {
    event.session = incarnation_name(event.process, event.incarnation) + "/1";
    event.tag = digits;
  }
  if (event.type == Type::session) event.session = incarnation_name(event.process, event.incarnation) + "/1";
  if (short_message.starts_with("canary") && event.type == Type::plan_message) event.flags = "canary";
  if (short_message == "end" && event.type == Type::plan_message) event.flags = "end";
}

Recording& recording_for(Trial& trial, const std::string& process, std::int64_t incarnation) {
  for (auto& recording : trial.recordings)
    if (recording.process == process && recording.incarnation == incarnation) return recording;
  trial.recordings.push_back({.process = process, .incarnation = incarnation, .trial = trial.number});
  return trial.recordings.back();
}

}  // namespace

Trial story(const std::string& text) {
  Trial trial{.number = 1, .file = "story"};
  std::istringstream lines(text);
  std::int64_t now = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string who, what;
    if (!(words >> who >> what)) continue;
    if (who == "after") {  // after 5000 ms
      now += std::stoll(what) * 1'000'000;
      continue;
    }
    const auto hash = who.find('#');
    Event event;
    event.process = process_of(who.substr(0, hash));
    event.incarnation = hash == std::string::npos ? 1 : std::stoll(who.substr(hash + 1));
    event.trial = 1;
    event.time = now += 1000;

    // broker passed C.received 3: what its header would say at the end.
    if (what == "passed") {
      std::string window;
      std::int64_t times = 1;
      words >> window >> times;
      auto& recording = recording_for(trial, event.process, event.incarnation);
      recording.last_window = window_named(window).value();
      recording.hits[recording.last_window] = times;
      continue;
    }
    name_event(event, what);

    std::vector<std::pair<std::string, std::string>> given;
    std::string message;
    for (std::string word; words >> word;) {
      const auto equals = word.find('=');
      if (equals == std::string::npos) message = word;
      else given.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
    const bool is_about_acks = event.type == Type::ack;
    if (!message.empty() && !is_about_acks) event.message = message_of(message);
    complete(event, message);
    for (auto& [field, value] : given) {
      for (auto& c : value)
        if (c == '_' && field != "last_point" && field != "trigger") c = ' ';
      set(event, field, value);
    }
    auto& recording = recording_for(trial, event.process, event.incarnation);
    event.n = static_cast<std::int64_t>(recording.events.size()) + 1;
    recording.events.push_back(std::move(event));
  }
  return trial;
}

std::string canary_and_backlog() {
  return R"(
    harness plan.message canary
    p send.invoke canary
    p send.ok canary
    c deliver canary
    c ack.invoke canary
    c ack.confirmed canary
    harness drain.begin
    auditor backlog ready=0 leased=0 delayed=0 prepared=0
    auditor backlog ready=0 leased=0 delayed=0 prepared=0
  )";
}

std::string farewell(const std::string& rows) {
  std::string scanned;
  std::istringstream lines(rows);
  for (std::string line; std::getline(lines, line);)
    if (line.find_first_not_of(' ') != std::string::npos) scanned += "auditor " + line + "\n";
  return R"(
    harness drain.end empty=true source=backlog
    harness process.exit target=producer-0#1 status=exit_0
    harness process.exit target=consumer-0#1 status=exit_0
  )" + scanned + R"(
    auditor sink.row canary writer=consumer-0#1
    auditor backlog ready=0 leased=0 delayed=0 prepared=0
    harness process.exit target=auditor#1 status=exit_0
  )";
}

std::string good_end(const std::string& rows) { return canary_and_backlog() + farewell(rows); }

Ground queue_ground() { return {}; }

}  // namespace assay
