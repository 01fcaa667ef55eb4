#include "cli/attached-broker.hpp"

#include <cstdlib>
#include <fstream>
#include <random>
#include <system_error>
#include <utility>

#include "cli/profile-attached.hpp"
#include "cli/text.hpp"

namespace assay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds probe_slack{5'000};  // it must start and end, too

// What a profile's address means here and now.
std::string resolved(const std::string& system, const std::string& address) {
  if (!address.starts_with('$')) return address;
  const char* value = std::getenv(address.c_str() + 1);
  const auto refuse_with = [&](const std::string& why) {
    throw SystemUnavailable("reach " + system + " at " + address + ": " + why);
  };
  if (!value || !*value) refuse_with("that environment variable is not set; put the server's address into it");
  const std::string found = value;
  if (holds_secret(found))
    refuse_with("it holds a user or a password; put the password into ASSAY_SECRET and only the address into it");
  return found;
}

std::string eight_random_digits() {
  std::random_device device;
  std::string digits;
  for (int i = 0; i < 8; ++i) digits += "0123456789abcdef"[device() % 16];
  return digits;
}

std::string secret_of_environment() {
  const char* secret = std::getenv("ASSAY_SECRET");
  return secret ? secret : "";
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  const auto at = text.rfind('\n');
  return at == std::string::npos ? text : text.substr(at + 1);
}

bool succeeded(const Finished& finished) {
  return !finished.timed_out && finished.end.kind == Change::Kind::exited && finished.end.value == 0;
}

}  // namespace

AttachedBroker::AttachedBroker(const RunPlan& plan, const SystemDescription& system, std::filesystem::path directory)
    : system_(system),
      attached_(plan.profile.attached.value()),
      directory_(std::move(directory)),
      place_(system.name + " at " + attached_.address),
      channel_prefix_("assay-" + plan.run + "-" + eight_random_digits() + "-t") {
  address_ = resolved(system.name, attached_.address);
  secret_ = secret_of_environment();
}

AttachedBroker::~AttachedBroker() {
  try {
    undo();
  } catch (const std::exception&) {
    // Something else went wrong before, and that is what will be told.
  }
}

std::string AttachedBroker::channel(std::int64_t trial) const { return channel_prefix_ + std::to_string(trial); }

void AttachedBroker::start_fresh(Deadline deadline) {
  log_ = directory_ / ("commands-" + std::to_string(++fresh_starts_) + ".log");
  const std::ofstream created(log_);
  if (const auto why = why_silent(deadline.left())) {
    throw SystemUnavailable("reach " + place_ + ": " + *why +
                            (failed_.empty() ? "" : "; before that: " + failed_) +
                            "; start the server, or correct /system/attached/address and the password in ASSAY_SECRET");
  }
  ++incarnation_;
  reached_ = true;
}

void AttachedBroker::restart(Deadline deadline) {
  heal(deadline);
  ++incarnation_;
}

void AttachedBroker::discard() {
  reached_ = false;
  undo();
}

// A command that failed may have struck all the same; if the server answers it
// has not, and nothing is to be undone.
void AttachedBroker::strike(const std::string& kind) {
  if (const auto why = why_silent(silence))
    throw SystemUnavailable(place_ + " did not answer before the command for a " + kind + ": " + *why);
  const bool stall = kind == "stall";
  undo_ = stall ? "resume" : "start";
  try {
    run(stall ? "pause" : kind);
  } catch (const SystemUnavailable&) {
    if (!silent()) undo_.clear();
    throw;
  }
}

bool AttachedBroker::silent() const { return why_silent(silence).has_value(); }

void AttachedBroker::heal(Deadline deadline) {
  run(undo_);
  const auto done = std::exchange(undo_, "");
  if (const auto why = why_silent(deadline.left()))
    throw SystemUnavailable(place_ + " does not answer after the command " + done + ": " + *why);
}

// Once and no more: a second failure would only take as long again.
void AttachedBroker::undo() {
  const auto command = std::exchange(undo_, "");
  if (command.empty()) return;
  try {
    run(command);
  } catch (const SystemUnavailable& error) {
    failed_ = error.what();
    throw;
  }
}

// The secret is for probes and agents; a command that would print its
// environment must not find it there.
Command AttachedBroker::command_of(const std::string& name) const {
  return {.argv = attached_.commands.at(name), .environment = {{"ASSAY_SECRET", ""}}, .directory = {}, .output = {}};
}

void AttachedBroker::run(const std::string& name) {
  const auto command = command_of(name);
  const auto words = joined(command.argv, " ");
  const auto refuse_with = [&](const std::string& why) {
    throw SystemUnavailable(name + " " + place_ + " by \"" + words + "\": " + why);
  };
  Finished finished;
  try {
    finished = run_to_end(command, Deadline::in(milliseconds(attached_.command_timeout_ms)));
  } catch (const std::system_error& error) {
    refuse_with(error.what());
  }
  const auto limit = "no end within " + std::to_string(attached_.command_timeout_ms) + " ms";
  const auto end = finished.timed_out ? limit : to_string(finished.end);
  const auto output = without_secret(finished.output), errors = without_secret(finished.errors);
  std::ofstream(log_, std::ios::app) << name << ": " << words << "\n" << output << errors << end << "\n";
  if (succeeded(finished)) return;
  const auto line = last_line(errors.empty() ? output : errors);
  refuse_with(end + (line.empty() ? ", and it said nothing" : "; its last line: " + line));
}

// Only the adapter's own "not ready" says that of the server: a probe that breaks
// says nothing.
std::optional<std::string> AttachedBroker::why_silent(milliseconds limit) const {
  const Command probe{.argv = {system_.program.string(), "probe", address_},
                      .environment = {{"ASSAY_SECRET", secret_}, {"ASSAY_PROBE_TIMEOUT_MS", std::to_string(limit.count())}}};
  const auto finished = run_to_end(probe, Deadline::in(limit + probe_slack));
  if (succeeded(finished)) return std::nullopt;
  const auto said = without_secret(finished.errors.substr(0, finished.errors.find('\n')));
  constexpr int not_ready = 1;
  if (!finished.timed_out && finished.end.kind == Change::Kind::exited && finished.end.value == not_ready) return said;
  throw SystemUnavailable("probe " + place_ + ": " +
                          (finished.timed_out ? "it did not come to an end" : to_string(finished.end)) +
                          (said.empty() ? "" : ": " + said));
}

std::string AttachedBroker::without_secret(std::string text) const {
  for (auto at = text.find(secret_); !secret_.empty() && at != std::string::npos; at = text.find(secret_, at + 1))
    text.replace(at, secret_.size(), "*");
  return text;
}

}  // namespace assay
