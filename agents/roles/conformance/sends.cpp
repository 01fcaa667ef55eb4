// What producers are told: the answer to a send, and what becomes of sends that
// cannot be answered. An ok that the system did not give is the one thing no
// verdict survives.
#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "agents/roles/conformance/conformance.hpp"

namespace assay::conformance {
namespace {

constexpr std::chrono::milliseconds short_of_a_server{500};
const std::string before_the_fault = "before the fault";

std::string answered_word(const std::optional<SendAnswer>& answer) {
  if (answer && answer->outcome == SendOutcome::ok) return "true";
  if (answer && answer->outcome == SendOutcome::unconfirmed) return "false";
  return word(answer);
}

bool is_ok(const std::optional<SendAnswer>& answer) { return answer && answer->outcome == SendOutcome::ok; }

// A send to a server that should not answer, and what came of it.
struct Tried {
  std::string bytes;
  std::optional<SendAnswer> answer;
};
using AllTried = std::vector<Tried>;

std::string words_of(const AllTried& tried) {
  std::string words;
  for (const auto& one : tried) words += (words.empty() ? "" : "; ") + word(one.answer);
  return words;
}

std::int64_t count_ok(const AllTried& tried) {
  return std::count_if(tried.begin(), tried.end(), [](const Tried& one) { return is_ok(one.answer); });
}

// Open sends cannot be had for certain, but where the server stands still.
AllTried leave_three_open(Examination& examination, Sender& sender) {
  examination.server("stop");
  std::map<std::int64_t, std::string> tickets;
  for (const std::string bytes : {"open-1", "open-2", "open-3"})
    tickets[sender.submit({.bytes = bytes, .key = "k"}, Examination::quiet())] = bytes;
  sender.await_answers(Examination::quiet());
  examination.server("kill");
  sender.await_answers(examination.patience());

  AllTried tried;
  for (const auto& [ticket, bytes] : tickets) tried.push_back({bytes, sender.answer_to(ticket)});
  const bool all = std::all_of(tried.begin(), tried.end(), [](const Tried& one) { return one.answer.has_value(); });
  const auto line = "three sends that were open when the connection was lost: " + words_of(tried);
  if (examination.declares("client_retries", "true") && !all)
    examination.not_checked("open sends", "the client sends again by itself, for as long as it likes; " + line);
  else
    examination.saw("open sends", "all answered", all ? "all answered" : "left open", line);
  return tried;
}

// By a link from before the kill and by a new one.
AllTried send_to_nobody(const Channel& channel, Sender& old) {
  auto fresh = channel.sender();
  const auto send = [](Sender& sender, const std::string& bytes) {
    return Tried{bytes, sender.send({.bytes = bytes, .key = "k"}, Deadline::in(short_of_a_server))};
  };
  AllTried tried{send(old, "nobody-1"), send(fresh, "nobody-2")};
  old.abandon();
  return tried;
}

// An ok is false when what it promised is not there. Some servers are more than
// one process, and one that lives on for a moment may well store and answer.
std::string false_ok_among(const AllTried& tried, const std::vector<std::string>& there) {
  const bool any = std::any_of(tried.begin(), tried.end(), [&](const Tried& one) {
    return is_ok(one.answer) && std::find(there.begin(), there.end(), one.bytes) == there.end();
  });
  return any ? "false ok" : "no false ok";
}

void hold_answers(Examination& examination, const AllTried& open, const AllTried& dead, const std::vector<std::string>& there) {
  const bool kept = std::find(there.begin(), there.end(), before_the_fault) != there.end();
  const auto line = "three sends to a server that stands still and is then killed: " + words_of(open);
  if (count_ok(open) > 0 && !kept)
    examination.not_checked("send_answered", line + "; these settings keep nothing over a kill, so nobody can tell");
  else
    examination.saw("send_answered", "no false ok", false_ok_among(open, there), line);
  examination.saw("send_answered", "no false ok", false_ok_among(dead, there),
                  "two sends to a server that is dead, by a link from before and by a new one: " + words_of(dead));
}

}  // namespace

void check_answers(Examination& examination) {
  examination.check("send_answered", [&] {
    const auto channel = examination.channel();
    const auto consumer = channel.consumer("consumer-0#1");
    auto sender = channel.sender();
    const auto answer = sender.send({.bytes = "answered", .key = "k"}, examination.patience());
    examination.saw("send_answered", answered_word(answer), "one send: " + word(answer));
  });
}

void check_sends_without_server(Examination& examination) {
  examination.check("send_answered", [&] {
    const auto channel = examination.channel();
    auto consumer = channel.consumer("consumer-0#1");
    auto sender = channel.sender();
    examination.send(sender, before_the_fault);
    if (examination.acknowledges() && examination.takes_over_now()) next_delivery(*consumer, examination.patience());  // it is there
    const auto open = leave_three_open(examination, sender);
    const auto dead = send_to_nobody(channel, sender);
    examination.server("heal");

    consumer.reset();
    std::vector<std::string> there;
    if (const auto promised = count_ok(open) + count_ok(dead); promised > 0) {
      const auto successor = examination.successor(channel, "consumer-0#1", "consumer-0#2");
      there = bytes_of(examination.take(*successor, static_cast<std::size_t>(promised) + 1));
    }
    hold_answers(examination, open, dead, there);
    const auto answer = sender.send({.bytes = "again", .key = "k"}, examination.patience());
    examination.saw("send_answered", answered_word(answer), "a send by the same link after a restart: " + word(answer));
  });
}

// A producer that has given a send up must not hear of it: it has recorded that
// nobody knows.
void check_abandoned_sends(Examination& examination) {
  examination.check("abandon", [&] {
    const auto channel = examination.channel();
    const auto consumer = channel.consumer("consumer-0#1");
    auto sender = channel.sender();
    examination.send(sender, "before");
    examination.server("stop");
    const auto given_up = sender.submit({.bytes = "given up", .key = "k"}, Examination::quiet());
    sender.abandon();
    examination.server("heal");
    const auto next = sender.send({.bytes = "next", .key = "k"}, examination.patience());
    const auto answer = sender.answer_to(given_up);
    examination.saw("abandon", "not ok", is_ok(answer) ? "ok" : "not ok", "a send given up while the server stood still: " + word(answer));
    examination.saw("send_answered", answered_word(next), "the next send by the same link: " + word(next));
  });
}

}  // namespace assay::conformance
