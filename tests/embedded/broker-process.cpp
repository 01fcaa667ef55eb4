#include "broker-process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "agents/systems/embedded/broker.hpp"
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

BrokerProcess::BrokerProcess(Defect defect) : defect_(defect) {
  auto name = (std::filesystem::temp_directory_path() / "assay-embedded-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("make a directory for the broker");
  directory_ = name;
  address_ = "ipc://" + (directory_ / "socket").string();
  start();
}

BrokerProcess::~BrokerProcess() {
  kill();
  std::filesystem::remove_all(directory_);
}

void BrokerProcess::start() {
  const auto recording = directory_ / ("broker-" + std::to_string(++starts_) + ".rec");
  create_recording(recording, "broker", starts_, 0, record_header_bytes);
  recording_ = std::make_unique<RecordMapping>(recording);

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork a broker");
  if (pid_ > 0) return;
  try {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails, as on a full disk
    if (getppid() != parent) _exit(1);
    setenv("ASSAY_RECORDING", recording.c_str(), 1);
    run_broker(directory_, address_, defect_);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "broker: %s\n", error.what());
  }
  _exit(70);
}

void BrokerProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  CHECK(WIFSIGNALED(status));  // else it ended by itself
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
    REQUIRE(waitid(P_PID, static_cast<id_t>(pid_), &change, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) == 0);
    if (change.si_pid == pid_) break;
    REQUIRE_MESSAGE(!deadline.passed(), "the broker did not reach the armed point");
    wait_for_sigchld(deadline);
  }
  REQUIRE(change.si_code == CLD_STOPPED);
  CHECK(recording_->header().reached.load() == 1);
}

void BrokerProcess::resume() { ::kill(pid_, SIGCONT); }

void BrokerProcess::fill_disk() {
  const rlimit none{0, RLIM_INFINITY};
  REQUIRE(prlimit(pid_, RLIMIT_FSIZE, &none, nullptr) == 0);
}

void BrokerProcess::free_disk() {
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  REQUIRE(prlimit(pid_, RLIMIT_FSIZE, &all, nullptr) == 0);
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
  producer.submit({.ticket = ticket, .bytes = bytes, .key = "-"}, soon());
  REQUIRE(producer.answer_waiting(soon()) != Waiting::nothing);
  const auto answers = producer.take_answers();
  REQUIRE(answers.size() == 1);
  return answers[0];
}

std::optional<Delivery> next_delivery(ConsumerLink& consumer) {
  const auto deadline = soon();
  while (!deadline.passed())
    if (auto received = consumer.receive(deadline); received.delivery) return received.delivery;
  return {};
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
