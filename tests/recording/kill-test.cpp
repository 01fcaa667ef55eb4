// A child records as fast as it can and is killed at a random moment. What it
// was told to be on record must be there.
#include <doctest/doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <random>
#include <system_error>

#include "agents/recording/recorder.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

namespace {

// What the child says is on record, in memory that outlives it.
class Confirmations {
 public:
  Confirmations() {
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "map shared memory");
    last_ = new (memory) std::atomic<std::int64_t>(0);
  }
  ~Confirmations() { ::munmap(last_, bytes); }
  Confirmations(const Confirmations&) = delete;
  Confirmations& operator=(const Confirmations&) = delete;

  std::atomic<std::int64_t>& last() { return *last_; }

 private:
  static constexpr std::size_t bytes = 4096;
  std::atomic<std::int64_t>* last_;
};

[[noreturn]] void record_until_killed(const std::filesystem::path& path, std::atomic<std::int64_t>& confirmed) {
  ::alarm(60);
  Recorder recorder(path);
  Event event = full_event(Type::send, Phase::invoke);
  for (std::int64_t n = 1;; ++n) {
    event.line.assign(static_cast<std::size_t>(n % 700), 'x');
    recorder.record(event);
    confirmed.store(n, std::memory_order_release);
  }
}

void wait_for(const std::atomic<std::int64_t>& confirmed, std::int64_t n) {
  const auto deadline = monotonic_ns() + 30'000'000'000;
  while (confirmed.load(std::memory_order_acquire) < n && monotonic_ns() < deadline) ::sched_yield();
  REQUIRE_MESSAGE(confirmed.load() >= n, "the child records too little");
}

}  // namespace

TEST_CASE("a SIGKILL at any moment loses nothing that was recorded") {
  constexpr int kills = 200;
  std::mt19937_64 random(7);
  int torn = 0;
  for (int kill = 0; kill < kills; ++kill) {
    CAPTURE(kill);
    const TemporaryDirectory directory;
    const auto path = directory / "r";
    create_recording(path, "producer-0", 2, 12, 64 * 1024 * 1024);
    Confirmations confirmations;

    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) record_until_killed(path, confirmations.last());
    wait_for(confirmations.last(), 1 + static_cast<std::int64_t>(random() % 300));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);

    const Recording recording = read_record_file(path, Ending::killed);
    const auto recorded = static_cast<std::int64_t>(recording.events.size());
    const auto confirmed = confirmations.last().load();
    CHECK(recording.damage.empty());
    CHECK(recorded >= confirmed);
    CHECK(recorded <= confirmed + 1);
    CHECK(recording.events.back().n == recorded);
    torn += static_cast<int>(recording.torn);
  }
  MESSAGE(torn << " of " << kills << " kills cut a record");
}
