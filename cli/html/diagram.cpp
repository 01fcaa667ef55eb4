#include "cli/html/diagram.hpp"

#include <algorithm>

#include "cli/html/event-words.hpp"
#include "cli/html/finding.hpp"
#include "cli/html/stage.hpp"
#include "cli/text.hpp"

namespace assay::html {
namespace {

constexpr double time_column = 76, page_width = 1160, split = 712, passing_left = 742, bracket_width = 54;

class Drawing {
 public:
  Drawing(const Json& report, const Json& witness, const Names& names, Beside beside)
      : report_(report),
        witness_(witness),
        names_(names),
        events_(list_in(witness, "events")),
        passing_(list_in(field(witness, "passing"), "events")),
        rows_(rows_of(witness, beside)),
        pairs_(beside == Beside::passing ? pairs_of(witness) : std::vector<Pair>{}),
        here_end_(beside == Beside::passing ? split : page_width),
        here_(time_column, here_end_ - (event_of_copies(witness).empty() ? 0 : bracket_width), lives_here()),
        there_(passing_left, page_width, beside == Beside::passing ? lives_there() : std::vector<Life>{}),
        beside_(beside) {}

  Markup svg() const {
    const double height = head_height + row_height * (rows() + (is_lost(witness_) ? 1 : 0)) + 14;
    const std::string size = "0 0 " + at(page_width) + " " + at(height);
    const std::string what =
        beside_ == Beside::passing ? "Diagram of the witness, beside the passing run" : "Diagram of the witness";
    return element("svg",
                   {{"xmlns", "http://www.w3.org/2000/svg"},
                    {"class", "diagram"},
                    {"viewBox", size},
                    {"width", at(page_width)},
                    {"height", at(height)},
                    {"role", "group"},
                    {"aria-label", what + "; the table below it says the same"},
                    {"font-family", "sans-serif"}},
                   band() + frame(here_, "This run") + frame(there_, "A run that passes") + divider() + quiet_rows() + events_of_this_run() +
                       events_of_the_other() + ending());
  }

 private:
  std::string partner_here(std::size_t there) const {
    for (const auto& pair : pairs_)
      if (pair.second == there) return names_.here(pair.first);
    return "";
  }
  std::string partner_there(std::size_t here) const {
    for (const auto& pair : pairs_)
      if (pair.first == here) return names_.there(pair.second);
    return "";
  }

  int rows() const { return static_cast<int>(rows_.size()); }

  std::vector<Life> lives_here() const {
    std::vector<Lane> further;
    if (is_lost(witness_)) further.push_back(lane_of_loss(witness_));
    return lives_of(placed(rows_, events_, &Row::here), rows(), further);
  }
  std::vector<Life> lives_there() const { return lives_of(placed(rows_, passing_, &Row::there), rows(), {}); }

  Markup frame(const Stage& stage, const std::string& title) const {
    return stage.lines() +
           stage.heads(beside_ == Beside::passing ? title : "", text_in(field(report_, "system"), "name"));
  }

  Markup band() const {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [](const Row& row) { return row.differs; });
    if (found == rows_.end()) return {};
    const double y = y_of(static_cast<int>(found - rows_.begin())) - row_height / 2;
    return leaf("rect", {{"x", "0"},
                         {"y", at(y)},
                         {"width", at(page_width)},
                         {"height", at(row_height)},
                         {"class", "band"},
                         {"fill", ink::band}});
  }

  Markup divider() const {
    if (beside_ == Beside::nothing) return {};
    const double x = (split + passing_left) / 2;
    return line(x, 8, x, y_of(rows()) - row_height / 2, {{"class", "rule"}, {"stroke", ink::hair}});
  }

  Markup quiet_rows() const {
    Markup all;
    for (int r = 0; r < rows(); ++r) {
      const Row& row = rows_[static_cast<std::size_t>(r)];
      if (row.quiet_ms > 0) all += note(here_, r, fixed(row.quiet_ms, 1) + " ms without an event" + (row.timer.empty() ? "" : ", as the timer " + row.timer + " has it"));
      if (row.folded > 0) all += note(here_, r, counted(row.folded, "more event") + ", in the table");
    }
    return all;
  }

  Markup note(const Stage& stage, int row, const std::string& words) const {
    const std::string x = at(stage.middle()), y = at(y_of(row) + 4);
    return element("text",
                   {{"x", x},
                    {"y", y},
                    {"class", "note"},
                    {"font-size", "12"},
                    {"font-style", "italic"},
                    {"fill", ink::muted},
                    {"text-anchor", "middle"}},
                   whole(within(words, stage.right() - stage.left())));
  }

  // What can be pointed at: as wide as its run, with an empty ground.
  Markup group(const std::string& name, const std::string& other, const std::string& sentence, const Stage& stage,
               int row, const Markup& drawn) const {
    const double left = &stage == &here_ ? 0 : passing_left - 12,
                 right = &stage == &here_ ? here_end_ + 12 : page_width;
    const Markup ground = leaf("rect", {{"x", at(left)},
                                        {"y", at(y_of(row) - row_height / 2)},
                                        {"width", at(right - left)},
                                        {"height", at(row_height)},
                                        {"class", "ground"},
                                        {"fill", "none"},
                                        {"pointer-events", "all"}});
    return element(
        "g",
        {{"class", rows_[static_cast<std::size_t>(row)].differs ? "event differs" : "event"},
         {"id", name},
         {"data-other", other},
         {"data-side", &stage == &here_ ? "here" : "there"},
         {"role", "img"},
         {"aria-label", cut(printable(sentence), text_columns, {.colour = false, .utf8 = true, .columns = 0})}},
        ground + drawn);
  }

  Markup events_of_this_run() const {
    const auto all = placed(rows_, events_, &Row::here);
    const auto fatal = fatal_event(witness_);
    Markup drawn;
    for (const auto& one : all) {
      const Markup time = element("text",
                                  {{"x", "68"},
                                   {"y", at(y_of(one.row) + 4)},
                                   {"class", "time"},
                                   {"font-size", "11.5"},
                                   {"fill", ink::muted},
                                   {"text-anchor", "end"}},
                                  when(*one.event, events_));
      const Tone tone = fatal == std::optional(one.index) ? Tone::bad : Tone::plain;
      drawn += group(names_.here(one.index), partner_there(one.index), sentence_of(*one.event, events_), here_, one.row,
                     time + shape(here_, one, all, tone));
    }
    return drawn + copies(all);
  }

  Markup events_of_the_other() const {
    if (beside_ == Beside::nothing) return {};
    const auto all = placed(rows_, passing_, &Row::there);
    Markup drawn;
    for (const auto& one : all) {
      const Row& row = rows_[static_cast<std::size_t>(one.row)];
      drawn +=
          group(names_.there(one.index), partner_here(one.index), "passing run, " + sentence_of(*one.event, passing_),
                there_, one.row, shape(there_, one, all, row.differs ? Tone::good : Tone::plain));
    }
    return drawn;
  }

  Markup shape(const Stage& stage, const Placed& one, const std::vector<Placed>& all, Tone tone) const {
    const double y = y_of(one.row);
    const std::string words = few_words(*one.event);
    if (const auto strike = strike_of(*one.event)) {
      const Lane target = target_of(*strike, all, one.row);
      if (const auto x = stage.x_of(target)) return struck(stage, *x, y, *strike, words_of_strike(*one.event, *strike));
    }
    if (is_of_harness(*one.event)) return note(stage, one.row, words);
    if (const auto hop = hop_of(*one.event)) {
      const auto from = stage.x_of(hop->from), to = stage.x_of(hop->to);
      if (from && to)
        return arrow(*from, *to, y, hop->reply, tone) + label(stage, (*from + *to) / 2, y - 5, words, "middle", tone);
    }
    const auto x = stage.x_of(lane_of(*one.event));
    if (!x) return note(stage, one.row, who(*one.event) + ": " + words);
    const std::string name = text_in(*one.event, "event");
    const bool found = name == "sink.row" || name == "stored.row";
    return (found ? square(*x, y, tone) : dot(*x, y, tone)) + next_to(stage, *x, y, words, tone);
  }

  static Markup struck(const Stage& stage, double x, double y, const Strike& strike, const std::string& words) {
    const bool over = strike.phase == Strike::Phase::heal || strike.phase == Strike::Phase::life;
    const bool ends = strike.act == "kill" || strike.act == "stop";
    const Markup mark = over ? dot(x, y, Tone::plain) : ends ? cross(x, y) : bars(x, y);
    return mark + next_to(stage, x, y, words, over ? Tone::plain : Tone::bad);
  }

  static bool is_left(const Stage& stage, double x) { return stage.right() - x > x - stage.left(); }

  // On the side where there is more room.
  static Markup next_to(const Stage& stage, double x, double y, const std::string& words, Tone tone) {
    const bool right_side = is_left(stage, x);
    return label(stage, right_side ? x + 12 : x - 12, y + 4, words, right_side ? "start" : "end", tone);
  }

  // The bracket that joins the last two, beyond all words.
  Markup copies(const std::vector<Placed>& all) const {
    const std::string wanted = event_of_copies(witness_);
    std::vector<Placed> found;
    for (const auto& one : all)
      if (text_in(*one.event, "event") == wanted && here_.x_of(lane_of(*one.event))) found.push_back(one);
    if (found.size() < 2) return {};
    const Placed &first = found[found.size() - 2], &second = found.back();
    const double x = std::max(*here_.x_of(lane_of(*first.event)), *here_.x_of(lane_of(*second.event)));
    double bar = x + 20;
    for (const auto& one : all)
      if (first.row <= one.row && one.row <= second.row) bar = std::max(bar, right_of_words(one, all) + 6);
    return bracket(x, std::min(bar, here_.right()), y_of(first.row), y_of(second.row), "twice");
  }

  double right_of_words(const Placed& one, const std::vector<Placed>& all) const {
    std::string words = few_words(*one.event);
    auto x = here_.x_of(lane_of(*one.event));
    if (const auto strike = strike_of(*one.event)) {
      x = here_.x_of(target_of(*strike, all, one.row));
      words = words_of_strike(*one.event, *strike);
    } else if (const auto hop = hop_of(*one.event)) {
      const auto from = here_.x_of(hop->from), to = here_.x_of(hop->to);
      if (from && to) return placing_of(here_, (*from + *to) / 2, words, "middle").right;
    }
    return x && is_left(here_, *x) ? placing_of(here_, *x + 12, words, "start").right : 0;
  }

  Markup ending() const {
    const auto x = is_lost(witness_) ? here_.x_of(lane_of_loss(witness_)) : std::nullopt;
    if (!x) return {};
    const std::string origin = text_in(witness_, "origin");
    return empty_square(*x, y_of(rows())) +
           next_to(here_, *x, y_of(rows()), "lost" + (origin.empty() ? "" : ": " + origin), Tone::bad);
  }

  const Json& report_;
  const Json& witness_;
  const Names& names_;
  const Json& events_;
  const Json& passing_;
  std::vector<Row> rows_;
  std::vector<Pair> pairs_;
  double here_end_;  // with the room for a bracket
  Stage here_, there_;
  Beside beside_;
};

}  // namespace

Markup diagram(const Json& report, const Json& witness, const Names& names, Beside beside) {
  if (list_in(witness, "events").empty()) return {};
  const bool has_other = beside == Beside::passing && !list_in(field(witness, "passing"), "events").empty();
  return Drawing(report, witness, names, has_other ? Beside::passing : Beside::nothing).svg();
}

}  // namespace assay::html
