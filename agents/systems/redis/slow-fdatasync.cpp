// Preloaded into a redis-server: every fdatasync sleeps before it syncs, as on
// a disk that is busy with something else.
#include <cstdlib>
#include <ctime>

#include <sys/syscall.h>
#include <unistd.h>

extern "C" int fdatasync(int descriptor) {
  const char* text = std::getenv("ASSAY_SLOW_FDATASYNC_MS");
  const long ms = text ? std::atol(text) : 0;
  timespec left{.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000};
  while (::nanosleep(&left, &left) != 0) {  // a signal came in between
  }
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}
