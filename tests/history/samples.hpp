// What the tests of the history share: events with every field set, a trial
// with something of everything.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "checker/history/event.hpp"
#include "checker/history/trial.hpp"
#include "tests/files.hpp"

namespace assay {

inline std::vector<std::pair<Type, Phase>> all_kinds() {
  std::vector<std::pair<Type, Phase>> kinds;
  for (int type = 0; type <= static_cast<int>(Type::environment); ++type)
    for (int phase = 0; phase <= static_cast<int>(Phase::end); ++phase)
      if (fits(static_cast<Type>(type), static_cast<Phase>(phase)))
        kinds.emplace_back(static_cast<Type>(type), static_cast<Phase>(phase));
  return kinds;
}

inline void set_field(Event& event, const Field& field, std::int64_t number) {
  if (const auto* const text = std::get_if<Field::Text>(&field.member))
    event.**text = std::string(field.name) + " \"of\" m" + std::to_string(number);
  else if (const auto* const value = std::get_if<Field::Number>(&field.member))
    event.**value = number % 2 == 0 ? number : -number;
  else
    event.*std::get<Field::Flag>(field.member) = number % 2 == 0;
}

inline Event bare_event(Type type, Phase phase, std::int64_t n = 1) {
  Event event;
  event.type = type;
  event.phase = phase;
  event.process = "producer-0";
  event.incarnation = 2;
  event.trial = 12;
  event.n = n;
  event.time = 1'000'000 + n;
  return event;
}

inline Event full_event(Type type, Phase phase, std::int64_t n = 1) {
  Event event = bare_event(type, phase, n);
  std::int64_t number = 100 * n;
  for (const Field& field : fields()) set_field(event, field, number++);
  return event;
}

inline Recording recording_of(const std::string& process, std::int64_t incarnation, std::int64_t trial, int events) {
  Recording recording;
  recording.process = process;
  recording.incarnation = incarnation;
  recording.trial = trial;
  for (int n = 1; n <= events; ++n) {
    Event event = bare_event(Type::send, n % 2 == 1 ? Phase::invoke : Phase::ok, n);
    event.process = process;
    event.incarnation = incarnation;
    event.trial = trial;
    event.message = "12/producer-0/" + std::to_string((n + 1) / 2);
    event.attempt = 1;
    recording.events.push_back(event);
  }
  return recording;
}

// Something of everything: a whole recording, a killed one, a damaged one, an
// empty one.
inline Trial sample_trial() {
  Trial trial{.number = 12, .file = "000012.hist", .recordings = {}};
  trial.recordings.push_back(recording_of("producer-0", 1, 12, 4));
  trial.recordings.push_back(recording_of("producer-0", 2, 12, 3));
  trial.recordings.back().ending = Ending::killed;
  trial.recordings.back().torn = 1;
  trial.recordings.back().last_window = Window::p_sent_before_ack;
  trial.recordings.back().hits = {{Window::p_before_send, 2}, {Window::p_sent_before_ack, 1}};
  trial.recordings.push_back(recording_of("consumer-0", 1, 12, 1));
  trial.recordings.back().damage = "the checksum of a record does not hold at offset 4321";
  trial.recordings.push_back(recording_of("auditor", 1, 12, 0));
  return trial;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("open " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void put_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("write " + path.string());
}

// Runs `check` on every shortened form of `bytes`.
template <typename Check>
void for_every_cut(const std::string& bytes, Check check) {
  for (std::size_t size = 0; size < bytes.size(); ++size) check(bytes.substr(0, size));
}

// And on every form with one byte altered: its lowest bit, its highest, all.
template <typename Check>
void for_every_flip(const std::string& bytes, Check check) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::string altered = bytes;
      altered[i] = static_cast<char>(static_cast<unsigned char>(altered[i]) ^ mask);
      check(altered);
    }
}

}  // namespace assay
