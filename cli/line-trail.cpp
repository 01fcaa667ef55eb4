#include "cli/line-trail.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <system_error>

#include "checker/history/event-codec.hpp"
#include "cli/agent-line.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::size_t shown_bytes = 160;

Descriptor created(const std::filesystem::path& file) {
  Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!descriptor) throw std::system_error(errno, std::generic_category(), "create " + file.string());
  return descriptor;
}

}  // namespace

LineTrail::LineTrail(const AgentConfiguration& agent, std::filesystem::path file, std::uint64_t limit)
    : agent_(agent),
      file_(std::move(file)),
      limit_(limit),
      input_(created(file_)),
      rules_(agent, monotonic_ns()),
      recording_{.process = agent.process, .incarnation = agent.incarnation, .trial = agent.trial} {}

void LineTrail::arm(const std::string& window, std::int64_t occurrence) {
  armed_ = window;
  armed_occurrence_ = occurrence;
}

bool LineTrail::stands_there() {
  follow();
  const bool at_point = !recording_.events.empty() && recording_.events.back().type == Type::point;
  return at_point && recording_.events.back().window == armed_ && points_[armed_] == armed_occurrence_;
}

std::string LineTrail::last_window() { return last_window_of(recording_); }

// An agent without crash points is as far as its record is long.
std::int64_t LineTrail::passes() {
  std::int64_t passes = 0;
  for (const auto& [window, times] : points_) passes += times;
  return passes > 0 ? passes : static_cast<std::int64_t>(recording_.events.size());
}

std::string LineTrail::follow() {
  std::array<char, 64 * 1024> piece{};
  while (complaint_.empty()) {
    const auto got = ::read(input_.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "read " + file_.string());
    if (got == 0) break;
    read_bytes_ += static_cast<std::uint64_t>(got);
    rest_.append(piece.data(), static_cast<std::size_t>(got));
    complaint_ = take_lines();
    if (complaint_.empty() && read_bytes_ > limit_)
      complaint_ = "floods: it has put more than " + std::to_string(limit_) + " bytes on record";
  }
  return complaint_;
}

std::string LineTrail::take_lines() {
  std::string_view left = rest_;
  for (auto end = left.find('\n'); end != std::string_view::npos; end = left.find('\n')) {
    const auto line = left.substr(0, end);
    try {
      take(event_of_line(line, agent_, static_cast<std::int64_t>(recording_.events.size()) + 1));
    } catch (const std::runtime_error& error) {
      return complaint(error.what(), line);
    }
    left.remove_prefix(end + 1);
  }
  rest_ = std::string(left);
  return {};
}

void LineTrail::take(Event event) {
  rules_.take(event, monotonic_ns());
  if (event.type == Type::point) ++points_[event.window];
  if (event.type == Type::send && (event.phase == Phase::ok || event.phase == Phase::unconfirmed)) sent_.insert(event.message);
  if (event.type == Type::deliver) ++deliveries_;
  if (event.type == Type::deliver) delivered_.insert(event.message);
  if (event.type == Type::drain) last_probe_ = event.empty.value_or(false);
  recording_.events.push_back(std::move(event));
}

std::string LineTrail::complaint(const std::string& what, std::string_view line) const {
  const auto number = recording_.events.size() + 1;
  const auto shown = line.size() > shown_bytes ? std::string(line.substr(0, shown_bytes)) + "..." : std::string(line);
  return "broke the agent protocol in line " + std::to_string(number) + " of its events: " + what + "; the line: " + shown;
}

void LineTrail::let_go() { rules_.let_go(monotonic_ns()); }

nlohmann::json LineTrail::stop_at() const {
  if (armed_.empty()) return {};
  return {{"window", armed_}, {"occurrence", armed_occurrence_}};
}

std::string LineTrail::cut_short() const {
  return rest_.empty() ? "" : complaint("it has no line end, though the agent ended in order", rest_);
}

Recording LineTrail::read(Ending ending) {
  follow();
  Recording recording = recording_;
  recording.ending = ending;
  if (!complaint_.empty()) recording.damage = complaint_;
  else if (!rest_.empty() && ending == Ending::killed) recording.torn = 1;
  else recording.damage = cut_short();
  return recording;
}

}  // namespace assay
