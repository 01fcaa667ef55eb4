#include "checker/history/event.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "checker/history/windows.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

TEST_CASE("every type and phase is found again by its name") {
  for (int i = 0; i <= static_cast<int>(Type::environment); ++i) {
    const auto type = static_cast<Type>(i);
    CAPTURE(name(type));
    CHECK(type_named(name(type)) == type);
  }
  for (int i = 0; i <= static_cast<int>(Phase::end); ++i) {
    const auto phase = static_cast<Phase>(i);
    CAPTURE(name(phase));
    CHECK(phase_named(name(phase)) == phase);
  }
  CHECK_FALSE(type_named("sends").has_value());
  CHECK_FALSE(phase_named("act").has_value());
}

TEST_CASE("the kinds of events are those of CONTRACTS 1.3") {
  std::set<std::string> kinds;
  for (const auto& [type, phase] : all_kinds()) kinds.insert(short_name(bare_event(type, phase)));
  const std::set<std::string> expected = {
      "plan.message",
      "send.invoke", "send.ok", "send.unconfirmed", "send.fail", "send.indeterminate",
      "session.open", "session.assign", "session.revoke", "session.close", "session.indeterminate",
      "deliver",
      "effect.begin", "effect.ok", "effect.indeterminate",
      "sink.row",
      "ack.invoke", "ack.confirmed", "ack.refused", "ack.unconfirmed", "ack.indeterminate",
      "transaction.begin", "transaction.offsets", "transaction.prepare",
      "transaction.commit.invoke", "transaction.commit.ok", "transaction.commit.fail", "transaction.commit.indeterminate",
      "transaction.abort.invoke", "transaction.abort.ok", "transaction.abort.fail", "transaction.abort.indeterminate",
      "fence.invoke", "fence.ok", "fence.fail", "fence.indeterminate",
      "point",
      "fault.plan", "fault.do", "fault.proof", "fault.heal",
      "process.start", "process.exit", "process.stopped", "process.continued",
      "drain.begin", "drain.probe", "drain.end",
      "stored.row", "backlog", "environment"};
  CHECK(kinds == expected);
}

TEST_CASE("a type or a phase from nowhere fits nothing") {
  CHECK_FALSE(fits(static_cast<Type>(16), Phase::none));
  CHECK_FALSE(fits(Type::send, static_cast<Phase>(33)));
  CHECK_FALSE(fits(Type::send, static_cast<Phase>(255)));
}

// Stands or falls with Event: a member that the table does not know is not
// compared away by a codec that does not know it either.
TEST_CASE("the table of fields holds every member of an event but the common ones") {
  CHECK(fields().size() == 41);
  const Event full = full_event(Type::send, Phase::ok);
  const auto& [type, phase, process, incarnation, trial, n, time, message, key, digest, flags, attempt, channel,
               transaction, copy, error, session, group, position, tag, asked, redelivered, count, writer, committed,
               kind, trigger, target, last_point, wait_status, in_flight, window, pid, status, empty, ready, leased,
               delayed, prepared, level, source, line, part, named, epoch, duplicate, bytes, connections] = full;
  for (const std::string* text :
       {&message, &key, &digest, &flags, &channel, &transaction, &copy, &error, &session, &group, &position, &tag,
        &writer, &kind, &trigger, &target, &last_point, &window, &status, &level, &source, &line, &named})
    CHECK_FALSE(text->empty());
  for (const auto* number :
       {&attempt, &asked, &count, &wait_status, &in_flight, &pid, &ready, &leased, &delayed, &prepared, &part, &epoch, &bytes, &connections})
    CHECK(number->has_value());
  for (const auto* flag : {&redelivered, &committed, &empty, &duplicate}) CHECK(flag->has_value());
}

TEST_CASE("an incarnation is named by its process and its number") {
  CHECK(incarnation_name("consumer-0", 2) == "consumer-0#2");
}

TEST_CASE("every window is found again by its name and by its number") {
  std::set<Window> seen;
  for (const WindowEntry& entry : windows()) {
    CAPTURE(entry.name);
    CHECK(seen.insert(entry.window).second);
    CHECK(name(entry.window) == entry.name);
    CHECK(side(entry.window) == entry.side);
    CHECK(window_named(entry.name) == entry.window);
    CHECK(window_numbered(static_cast<std::uint64_t>(entry.window)) == entry.window);
    const std::string sides("PCB");
    const char letter = entry.name.front() == 'K' ? 'C' : entry.name.front();
    CHECK(sides[static_cast<std::size_t>(entry.side)] == letter);
    CHECK_FALSE(entry.meaning.empty());
  }
  CHECK(seen.size() == static_cast<std::size_t>(Window::k_txn_committed));
  CHECK(name(Window::none).empty());
  CHECK(window_numbered(0) == Window::none);
  CHECK_FALSE(window_numbered(33).has_value());
  CHECK_FALSE(window_numbered(256 + 1).has_value());
  CHECK_FALSE(window_named("").has_value());
}
