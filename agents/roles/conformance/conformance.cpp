#include "agents/roles/conformance/conformance.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay {
namespace conformance {
namespace {

std::string as_words(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string words;
  for (const auto& one : value) words += (words.empty() ? "" : ", ") + as_words(one);
  return words.empty() ? "none" : words;
}

const std::map<std::string, std::string>& reasons() {
  static const std::map<std::string, std::string> known{
      {"client_retries", "whether the client sends again by itself shows only when the network between it and the server fails"},
  };
  return known;
}

// Nothing that is declared is left out in silence.
void list_the_rest(Examination& examination) {
  for (const auto& ability : examination.abilities().items()) {
    if (examination.reported(ability.key())) continue;
    const auto reason = reasons().find(ability.key());
    examination.not_checked(ability.key(), reason == reasons().end() ? "no check came to see anything of it" : reason->second);
  }
}

nlohmann::json await_declaration(const RoleContext& context) {
  context.control.send({{"type", "ready"}});
  const auto command = context.control.receive(Deadline::in(supervisor_silence));
  if (!command) throw std::runtime_error("supervisor said nothing after ready");
  if (command->at("type") != "go" || !command->contains("declared")) reject(*command);
  return command->at("declared");
}

void await_bye(const RoleContext& context) {
  context.control.send({{"type", "done"}});
  const auto command = context.control.receive(Deadline::in(supervisor_silence));
  if (!command) throw std::runtime_error("supervisor said nothing after done");
  if (command->at("type") != "bye") reject(*command);
}

}  // namespace

std::unique_ptr<ConsumerLink> Channel::consumer(const std::string& incarnation) const {
  auto link = context_.system.consumer(setup(incarnation));
  link->open(Deadline::in(request_timeout(context_.configuration)));
  return link;
}

LinkSetup Channel::setup(const std::string& incarnation) const {
  auto setup = link_setup(context_);
  setup.channel = name_;
  setup.incarnation = incarnation;
  return setup;
}

Examination::Examination(const RoleContext& context, nlohmann::json declared)
    : context_(context), declared_(std::move(declared)) {}

std::string Examination::declared(const std::string& ability) const {
  const auto found = abilities().find(ability);
  return found == abilities().end() ? "" : as_words(*found);
}

bool Examination::declares(const std::string& ability, const std::string& value) const {
  const auto found = abilities().find(ability);
  if (found == abilities().end()) return false;
  return found->is_array() ? std::find(found->begin(), found->end(), value) != found->end() : as_words(*found) == value;
}

void Examination::check(const std::string& ability, const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& error) {
    saw(ability, "gave up", error.what());
  }
  if (server_faulted_) server("heal");
}

void Examination::saw(const std::string& ability, const std::string& declared, const std::string& seen,
                      const std::string& line) {
  reported_.insert(ability);
  context_.control.send(
      {{"type", "checked"}, {"ability", ability}, {"declared", declared}, {"seen", seen}, {"line", line}});
}

void Examination::saw(const std::string& ability, const std::string& seen, const std::string& line) {
  saw(ability, declared(ability), seen, line);
}

void Examination::not_checked(const std::string& ability, const std::string& why) { saw(ability, "", why); }

Channel Examination::channel() { return Channel(context_, context_.configuration.channel + "-" + std::to_string(++channels_)); }

void Examination::server(const std::string& act) {
  context_.control.send({{"type", "server"}, {"act", act}});
  const auto answer = context_.control.receive(Deadline::in(supervisor_silence));
  if (!answer) throw std::runtime_error("supervisor said nothing after server " + act);
  if (answer->at("type") != "server" || answer->at("done") != act) reject(*answer);
  server_faulted_ = act != "heal";
}

std::string Examination::send(Sender& sender, const std::string& bytes, const std::string& key) const {
  const auto answer = sender.send({.bytes = bytes, .key = key}, patience());
  const bool gone_out = answer && (answer->outcome == SendOutcome::ok || answer->outcome == SendOutcome::unconfirmed);
  if (!gone_out) throw std::runtime_error("send " + printed(bytes) + ": " + word(answer));
  return answer->copy;
}

std::vector<Delivery> Examination::take(ConsumerLink& link, std::size_t expected) const {
  std::vector<Delivery> taken;
  while (auto delivery = next_delivery(link, taken.size() < expected ? patience() : quiet())) {
    if (acknowledges()) link.ack(*delivery, patience());
    taken.push_back(std::move(*delivery));
  }
  return taken;
}

std::unique_ptr<ConsumerLink> Examination::successor(const Channel& channel, const std::string& dead,
                                                     const std::string& name) const {
  auto link = channel.consumer(name);
  if (declares("takeover", "request")) link->take_over(dead, patience());
  return link;
}

}  // namespace conformance

void hold_against_declaration(const RoleContext& context) {
  using namespace conformance;
  Examination examination(context, await_declaration(context));
  check_answers(examination);
  check_copies(examination);
  check_dedup(examination);
  check_shape_and_timers(examination);
  check_takeover(examination);
  check_acks(examination);
  if (examination.abilities().contains("give_back")) check_giving_back(examination);
  check_backlog(examination);
  if (examination.abilities().contains("transactions")) check_effects(examination);
  check_abandoned_sends(examination);
  check_sends_without_server(examination);
  check_restart(examination);
  list_the_rest(examination);
  await_bye(context);
}

}  // namespace assay
