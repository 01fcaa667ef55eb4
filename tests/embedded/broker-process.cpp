#include "broker-process.hpp"

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <sys/resource.h>
#include <sys/wait.h>

#include <doctest/doctest.h>

#include "agents/systems/embedded/links.hpp"

namespace assay::embedded {
namespace {

// SIGCHLD is blocked before any thread exists, so that one can wait for it.
const bool blocked = [] {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  return sigprocmask(SIG_BLOCK, &children, nullptr) == 0;
}();

std::string_view name_of(Defect defect) {
  for (const auto& [known, its_name] : defects)
    if (known == defect) return its_name;
  return {};
}

void wait_for_sigchld(Deadline deadline) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  const auto left = deadline.left_ms();
  const timespec span{left / 1000, left % 1000 * 1'000'000};
  sigtimedwait(&children, nullptr, &span);
}

}  // namespace

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

BrokerProcess::BrokerProcess(const nlohmann::json& settings) {
  address_ = "ipc://" + (directory_ / "socket").string();
  std::ofstream(directory_ / "settings.json") << settings;
  start();
}

BrokerProcess::BrokerProcess(Defect defect) : BrokerProcess(nlohmann::json{{"defect", name_of(defect)}}) {}

BrokerProcess::~BrokerProcess() { kill(); }

void BrokerProcess::start() {
  const auto recording = directory_ / ("broker-" + std::to_string(++starts_) + ".rec");
  create_recording(recording, "broker", starts_, 0, record_header_bytes);
  recording_ = std::make_unique<RecordMapping>(recording);
  process_ = ChildProcess::spawn({.argv = {ASSAY_BIN_DIR "/assay-embedded", "serve", directory_.path(), address_},
                                  .environment = {{"ASSAY_RECORDING", recording}},
                                  .directory = {},
                                  .output = directory_ / "broker.log"});
}

void BrokerProcess::kill() {
  if (!process_) return;
  process_->signal(SIGKILL);
  const auto end = process_->wait_ended(soon());
  REQUIRE(end);
  CHECK_MESSAGE(end->kind == Change::Kind::signalled, last_lines(directory_ / "broker.log", 5));  // else by itself
  process_.reset();
}

void BrokerProcess::arm(Window window, std::uint64_t occurrence) {
  auto& header = recording_->header();
  header.armed_occurrence.store(header.hits[static_cast<std::size_t>(window)].load() + occurrence);
  header.armed_window.store(static_cast<std::uint32_t>(window));
}

void BrokerProcess::wait_stopped() {
  const auto deadline = soon();
  siginfo_t change{};
  while (true) {
    REQUIRE(waitid(P_PID, static_cast<id_t>(process_->pid()), &change, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) == 0);
    if (change.si_pid != 0) break;
    REQUIRE_MESSAGE(!deadline.passed(), "the broker did not reach the armed point");
    wait_for_sigchld(deadline);
  }
  REQUIRE(change.si_code == CLD_STOPPED);
  CHECK(recording_->header().reached.load() == 1);
}

void BrokerProcess::resume() { process_->signal(SIGCONT); }

void BrokerProcess::fill_disk() {
  const rlimit none{0, RLIM_INFINITY};
  REQUIRE(prlimit(process_->pid(), RLIMIT_FSIZE, &none, nullptr) == 0);
}

void BrokerProcess::free_disk() {
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  REQUIRE(prlimit(process_->pid(), RLIMIT_FSIZE, &all, nullptr) == 0);
}

std::uint64_t BrokerProcess::hits(Window window) const {
  return recording_->header().hits[static_cast<std::size_t>(window)].load();
}

LinkSetup BrokerProcess::setup(const std::string& incarnation, std::int64_t prefetch) const {
  return {.address = address_,
          .channel = "queue",
          .group = "group",
          .incarnation = incarnation,
          .prefetch = prefetch,
          .settings = "{}",
          .notice = {}};
}

SendAnswer send(ProducerLink& producer, const std::string& bytes, std::int64_t ticket) {
  return send(producer, {.ticket = ticket, .bytes = bytes, .key = "-"});
}

SendAnswer send(ProducerLink& producer, const OutgoingMessage& message) {
  producer.submit(message, soon());
  REQUIRE(producer.answer_waiting(soon()) != Waiting::nothing);
  const auto answers = producer.take_answers();
  REQUIRE(answers.size() == 1);
  return answers[0];
}

std::string told(const SendAnswer& answer) {
  if (answer.outcome == SendOutcome::fail) return "fail: " + answer.error;
  if (answer.outcome != SendOutcome::ok) return "indeterminate";
  return "ok " + answer.copy + (answer.duplicate ? " duplicate" : "");
}

std::optional<Delivery> next_delivery(ConsumerLink& consumer) {
  const auto deadline = soon();
  while (!deadline.passed())
    if (auto received = consumer.receive(deadline); received.delivery) return received.delivery;
  return {};
}

std::vector<std::string> consume(ConsumerLink& consumer, std::size_t count) {
  std::vector<std::string> bodies;
  while (bodies.size() < count) {
    const auto delivery = next_delivery(consumer);
    if (!delivery) break;
    CHECK(consumer.ack(*delivery, soon()) == AckOutcome::confirmed);
    bodies.push_back(delivery->bytes);
  }
  return bodies;
}

bool nothing_comes(ConsumerLink& consumer) {
  const auto deadline = soon();
  while (!deadline.passed()) {
    const auto received = consumer.receive(Deadline::in(std::chrono::milliseconds(200)));
    if (received.delivery) return false;
    if (!received.opened) return true;
  }
  return false;
}

std::vector<std::string> stored(const BrokerProcess& broker) {
  std::vector<std::string> bodies;
  audit_link(broker.setup("auditor#1"))->scan([&](const StoredCopy& copy) { bodies.push_back(copy.bytes); }, soon());
  return bodies;
}

}  // namespace assay::embedded
