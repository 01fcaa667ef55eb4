#include "cli/lanes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "cli/html/finding.hpp"
#include "cli/html/rows.hpp"
#include "cli/lane-fold.hpp"
#include "cli/lane-tracks.hpp"
#include "cli/lane-words.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr int ms_columns = 11;

// Events that the run that passes has as well, up to the first that it has not.
std::set<std::size_t> shared_with_passing(const Json& witness) {
  std::set<std::size_t> shared;
  const Json& differs = field(field(witness, "passing"), "differs_at");
  for (const auto& [here, there] : html::pairs_of(witness))
    if (!differs.is_number_unsigned() || here < differs.get<std::size_t>()) shared.insert(here);
  return shared;
}

class LaneDiagram {
 public:
  LaneDiagram(const Json& report, const Json& witness, const Look& look)
      : report_(report), witness_(witness), look_(look), events_(list_in(witness, "events")), signs_(signs_for(look)),
        fatal_(html::fatal_event(witness)), shared_(shared_with_passing(witness)), tracks_(witness, look) {}

  bool fits() const { return tracks_.fit(); }

  Line head() const {
    const std::string system = text_in(field(report_, "system"), "name");
    LaneRow row(right("ms", ms_columns), look_);
    tracks_.heads(row, system.empty() ? "broker" : system);
    return row.line(Paint::none);
  }

  std::vector<DiagramRow> rows() {
    for (std::size_t i = 0; i < events_.size();) i += add(i);
    if (html::is_lost(witness_)) add_loss();
    return std::move(rows_);
  }

  Line folded(std::int64_t events, bool alike) const {
    const std::string words = alike ? counted(events, "event") + " as without the fault" : counted(events, "more event");
    return {std::string(static_cast<std::size_t>(tracks_.first_column()), ' ') + signs_.folded + " " + words, Paint::faint, std::string::npos, false};
  }

 private:
  // Draws an event, and the answer with it that follows at once and says yes.
  std::size_t add(std::size_t i) {
    const Json& event = events_[i];
    if (is_of_harness(event)) return add_of_harness(i);
    const auto hop = hop_of(event);
    const Json* answer = hop ? answer_to(*hop, i) : nullptr;
    wake(lane_of(event));
    if (hop && (hop->from == broker_lane() || answer)) wake(broker_lane());

    const Repeats repeats{before(event), answer};
    LaneRow row = started(event);
    if (hop) row.arrow(tracks_.column_of(hop->from), tracks_.column_of(hop->to), hop->reply, printable_words(words_on_arrow(event, repeats)));
    else row.mark(tracks_.column_of(lane_of(event)), sign_of(event), shown(words_at_mark(event, repeats), look_));
    const bool fatal = fatal_ && (*fatal_ == i || (answer && *fatal_ == i + 1));
    const bool routine = hop && !fatal && repeats.before == 0 && !is_remarkable(event);
    keep(row, fatal ? Paint::violated : Paint::none, {.line = {}, .events = answer ? 2 : 1, .routine = routine, .alike = shared_.contains(i)});
    return answer ? 2 : 1;
  }

  std::size_t add_of_harness(std::size_t i) {
    const Json& event = events_[i];
    const auto strike = strike_of(event);
    if (!strike) {
      LaneRow row = started(event);
      row.mark(tracks_.first_column(), "", shown(text_in(event, "say"), look_));
      keep(row, Paint::none, {.line = {}, .routine = true});
      return 1;
    }
    tracks_.strike(*strike);
    const bool hits = strike->phase == Strike::Phase::act || strike->phase == Strike::Phase::proof;
    const bool kills = strike->act == "kill" || strike->act == "stop";
    const std::string& sign = !hits ? signs_.begun : kills ? signs_.killed : signs_.stopped;
    LaneRow row = started(event);
    row.mark(tracks_.column_of(strike->target), sign, shown(words_of_fault(event, *strike, text_in(witness_, "fault")), look_));
    keep(row, hits ? Paint::violated : Paint::none, {.line = {}});
    return 1;
  }

  void add_loss() {
    const std::string origin = text_in(witness_, "origin");
    LaneRow row("", look_);
    tracks_.bars(row);
    row.mark(tracks_.column_of(html::lane_of_loss(witness_)), signs_.missing, shown("lost" + (origin.empty() ? "" : ": " + origin), look_));
    keep(row, Paint::violated, {.line = {}, .events = 0});
  }

  // Who acts is alive: a row of its own says so where that is news.
  void wake(const Lane& lane) {
    const std::string news = tracks_.act(lane);
    if (news.empty()) return;
    LaneRow row("", look_);
    tracks_.bars(row);
    row.mark(tracks_.column_of(lane), signs_.begun, news);
    keep(row, Paint::none, {.line = {}, .events = 0});
  }

  LaneRow started(const Json& event) const {
    LaneRow row(right(fixed(decimal_in(event, "t_ms"), 3), ms_columns), look_);
    tracks_.bars(row);
    return row;
  }

  void keep(const LaneRow& row, Paint paint, DiagramRow made) {
    made.line = row.line(paint);
    rows_.push_back(std::move(made));
  }

  const Json* answer_to(const Hop& request, std::size_t i) const {
    if (request.reply || i + 1 >= events_.size() || !grants(events_[i + 1])) return nullptr;
    const auto reply = hop_of(events_[i + 1]);
    return reply && reply->reply && reply->from == request.to && reply->to == request.from ? &events_[i + 1] : nullptr;
  }

  // Of sends only another attempt is one again: a witness may tell of two messages.
  std::int64_t before(const Json& event) {
    const std::string name = text_in(event, "event");
    if (name == "deliver") return seen_["deliver " + copy_in(event)]++;
    if (name == "sink.row" || name == "stored.row") return seen_[name]++;
    if (name != "send.invoke") return 0;
    attempts_.insert(text_in(event, "say"));
    return static_cast<std::int64_t>(attempts_.size()) - 1;
  }

  const std::string& sign_of(const Json& event) const {
    const std::string name = text_in(event, "event");
    return name == "sink.row" || name == "stored.row" ? signs_.fact : signs_.event;
  }

  std::vector<std::string> printable_words(std::vector<std::string> words) const {
    for (auto& one : words) one = shown(one, look_);
    return words;
  }

  const Json& report_;
  const Json& witness_;
  const Look& look_;
  const Json& events_;
  const Signs& signs_;
  std::optional<std::size_t> fatal_;
  std::set<std::size_t> shared_;
  LaneTracks tracks_;
  std::map<std::string, std::int64_t> seen_;
  std::set<std::string> attempts_;
  std::vector<DiagramRow> rows_;
};

}  // namespace

Lines lanes(const Json& report, const Json& witness, std::size_t room, const Look& look) {
  LaneDiagram diagram(report, witness, look);
  if (!diagram.fits()) return {};
  Lines lines{diagram.head()};
  auto rows = diagram.rows();
  fold(rows, std::max<std::size_t>(room, 4) - 1, [&](std::int64_t events, bool alike) { return diagram.folded(events, alike); });
  for (const auto& row : rows) lines.push_back(row.line);
  return lines;
}

}  // namespace assay
