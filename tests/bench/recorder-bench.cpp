// What recording and crash points cost. Prints one line of JSON: nanoseconds of
// processor time (user and system), the median, least and greatest of nine
// rounds. The subjects take turns within a round, so that a busy machine slows
// them alike.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "agents/recording/recorder.hpp"
#include "checker/history/event-codec.hpp"
#include "tests/files.hpp"

using namespace assay;

namespace {

constexpr int rounds = 9;
constexpr int events_per_round = 100'000;
constexpr int passes_per_round = 10'000'000;
constexpr std::uint64_t capacity_bytes = 64 * 1024 * 1024;

Event typical_event() {
  Event event;
  event.type = Type::send;
  event.phase = Phase::ok;
  event.message = "12/producer-0/17";
  event.attempt = 1;
  event.channel = "orders";
  event.copy = "orders/17";
  return event;
}

std::int64_t processor_ns() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::int64_t{spent.tv_sec} * 1'000'000'000 + spent.tv_nsec;
}

template <typename Step>
double ns_per_step(int steps, Step step) {
  const std::int64_t start = processor_ns();
  for (int i = 0; i < steps; ++i) step();
  return static_cast<double>(processor_ns() - start) / steps;
}

// A fresh file each round, its pages touched by the recording itself.
double record(const TemporaryDirectory& directory) {
  const auto path = directory / "recording";
  create_recording(path, "producer-0", 1, 12, capacity_bytes);
  double ns = 0;
  {
    Recorder recorder(path);
    const Event event = typical_event();
    ns = ns_per_step(events_per_round, [&] { recorder.record(event); });
  }
  std::filesystem::remove(path);
  return ns;
}

// The same bytes, encoded once, through the system call.
double append(const TemporaryDirectory& directory) {
  const auto path = directory / "appended";
  Event event = typical_event();
  event.n = events_per_round / 2;
  event.time = monotonic_ns();
  std::string bytes(sizeof(RecordFrame), '\0');
  encode(event, bytes);

  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "create " + path.string());
  bool whole = true;
  const double ns = ns_per_step(events_per_round, [&] {
    whole = ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && whole;
  });
  ::close(file);
  std::filesystem::remove(path);
  if (!whole) throw std::runtime_error("write " + path.string() + ": short write");
  return ns;
}

double construct_event() {
  return ns_per_step(events_per_round, [] {
    Event event = typical_event();
    asm volatile("" : : "r"(&event) : "memory");
  });
}

double pass_unarmed(const TemporaryDirectory& directory) {
  const auto path = directory / "passed";
  create_recording(path, "producer-0", 1, 12, record_header_bytes);
  RecordMapping mapping(path);
  CrashPoints points(mapping.header());
  const double ns = ns_per_step(passes_per_round, [&] {
    points.pass(Window::p_before_send);
    asm volatile("" : : : "memory");
  });
  std::filesystem::remove(path);
  return ns;
}

double empty_loop() {
  return ns_per_step(passes_per_round, [] { asm volatile("" : : : "memory"); });
}

struct Subject {
  const char* name;
  std::function<double()> round;
  std::vector<double> ns = {};
};

nlohmann::ordered_json summary(std::vector<double> ns) {
  std::sort(ns.begin(), ns.end());
  const auto rounded = [](double value) { return static_cast<double>(static_cast<std::int64_t>(value * 100)) / 100; };
  return {{"median", rounded(ns[ns.size() / 2])}, {"min", rounded(ns.front())}, {"max", rounded(ns.back())}};
}

int run() {
  const TemporaryDirectory memory("/dev/shm");
  const TemporaryDirectory disk(std::filesystem::temp_directory_path());
  std::vector<Subject> subjects = {
      {"record_memory", [&] { return record(memory); }},
      {"record_disk", [&] { return record(disk); }},
      {"write_memory", [&] { return append(memory); }},
      {"write_disk", [&] { return append(disk); }},
      {"construct_event", construct_event},
      {"pass_unarmed", [&] { return pass_unarmed(memory); }},
      {"empty_loop", empty_loop},
  };
  for (int i = 0; i < rounds; ++i)
    for (Subject& subject : subjects) subject.ns.push_back(subject.round());

  nlohmann::ordered_json line;
  line["bench"] = "recorder";
  line["unit"] = "ns";
  line["rounds"] = rounds;
  for (const Subject& subject : subjects) line[subject.name] = summary(subject.ns);
  std::cout << line.dump() << '\n';
  return 0;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    std::cerr << "bench-recorder: " << error.what() << '\n';
    return 1;
  }
}
