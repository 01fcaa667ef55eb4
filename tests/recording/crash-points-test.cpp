#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "agents/recording/recorder.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

namespace {

// A forked incarnation that passes windows; killed and reaped at the end.
class Incarnation {
 public:
  Incarnation(const std::filesystem::path& path, const std::function<void(CrashPoints&)>& life) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::alarm(60);  // no wait without an end
    Recorder recorder(path);
    CrashPoints points(recorder.mapping().header());
    life(points);
    ::_exit(0);
  }
  ~Incarnation() {
    if (reaped_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Incarnation(const Incarnation&) = delete;
  Incarnation& operator=(const Incarnation&) = delete;

  // The status of the next stop or end; its own alarm ends a child that hangs.
  int next_status() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, WUNTRACED) == pid_);
    reaped_ = WIFEXITED(status) || WIFSIGNALED(status);
    return status;
  }
  void signal(int number) { REQUIRE(::kill(pid_, number) == 0); }

 private:
  pid_t pid_ = -1;
  bool reaped_ = false;
};

struct Supervised {
  Supervised() {
    create_recording(path, "producer-0", 1, 0, 64 * 1024);
    mapping.emplace(path);
  }
  void arm(Window window, std::uint64_t occurrence) {
    mapping->header().armed_occurrence = occurrence;
    mapping->header().armed_window = static_cast<std::uint32_t>(window);
  }
  TemporaryDirectory directory;
  std::filesystem::path path = directory / "r";
  std::optional<RecordMapping> mapping;
};

using Hits = std::map<Window, std::int64_t>;

}  // namespace

TEST_CASE("windows that are passed are counted and the last one is known") {
  const Supervised supervised;
  CrashPoints points(supervised.mapping->header());
  points.pass(Window::p_before_send);
  points.pass(Window::p_before_send);
  points.pass(Window::p_sent_before_ack, [] { FAIL("nothing is armed"); });

  const Recording recording = read_record_file(supervised.path, Ending::finished);
  CHECK(recording.last_window == Window::p_sent_before_ack);
  CHECK(recording.hits == Hits{{Window::p_before_send, 2}, {Window::p_sent_before_ack, 1}});
}

TEST_CASE("a disarmed crash point neither counts nor fires") {
  Supervised supervised;
  supervised.arm(Window::p_before_send, 1);
  CrashPoints points(supervised.mapping->header());
  points.disarm();
  points.pass(Window::p_before_send);
  points.pass(Window::p_before_send, [] { FAIL("it is disarmed"); });

  const Recording recording = read_record_file(supervised.path, Ending::finished);
  CHECK(recording.last_window == Window::none);
  CHECK(recording.hits.empty());
}

TEST_CASE("an incarnation stops at the armed occurrence of the armed window") {
  Supervised supervised;
  supervised.arm(Window::p_sent_before_ack, 3);
  Incarnation incarnation(supervised.path, [](CrashPoints& points) {
    for (int i = 0; i < 5; ++i) {
      points.pass(Window::p_before_send);
      points.pass(Window::p_sent_before_ack);
    }
  });

  const int stopped = incarnation.next_status();
  REQUIRE(WIFSTOPPED(stopped));
  CHECK(WSTOPSIG(stopped) == SIGSTOP);
  const RecordHeader& header = supervised.mapping->header();
  CHECK(header.reached == 1);
  CHECK(header.last_window == static_cast<std::uint32_t>(Window::p_sent_before_ack));

  SUBCASE("killed there, its last window is the proof") {
    incarnation.signal(SIGKILL);
    const int killed = incarnation.next_status();
    CHECK(WIFSIGNALED(killed));
    CHECK(header.reached == 1);
    const Recording recording = read_record_file(supervised.path, Ending::killed);
    CHECK(recording.last_window == Window::p_sent_before_ack);
    CHECK(recording.hits == Hits{{Window::p_before_send, 3}, {Window::p_sent_before_ack, 3}});
  }
  SUBCASE("continued, it goes on to its end") {
    incarnation.signal(SIGCONT);
    const int exited = incarnation.next_status();
    CHECK(WIFEXITED(exited));
    CHECK(header.reached == 0);
    CHECK(read_record_file(supervised.path, Ending::finished).hits ==
          Hits{{Window::p_before_send, 5}, {Window::p_sent_before_ack, 5}});
  }
}

TEST_CASE("a crash point behind an asynchronous step settles before it stops") {
  Supervised supervised;
  supervised.arm(Window::c_acked, 2);
  Incarnation incarnation(supervised.path, [&](CrashPoints& points) {
    points.pass(Window::c_acked, [] { ::_exit(1); });
    points.pass(Window::c_acked, [&] { supervised.mapping->header().reserved = 7; });
  });
  REQUIRE(WIFSTOPPED(incarnation.next_status()));
  CHECK(supervised.mapping->header().reserved == 7);
}
