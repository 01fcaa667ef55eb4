// A server that says back what it hears, and one end of a connection to it.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agents/os/deadline.hpp"
#include "agents/os/descriptor.hpp"
#include "cli/network-paths.hpp"
#include "tests/files.hpp"

namespace assay::test {

inline constexpr std::chrono::seconds patience{30};

// Until the condition holds; false: it did not in time.
template <class Condition>
bool comes_true(Condition condition) {
  const auto deadline = Deadline::in(patience);
  while (!condition())
    if (deadline.passed()) return false;
    else std::this_thread::yield();
  return true;
}

class Echo {
 public:
  enum class Manner { answers, answers_and_forgets, reads_nothing };
  explicit Echo(Manner manner = Manner::answers);
  ~Echo();

  const std::string& address() const { return address_; }
  std::string heard() const;  // on all connections, one after the other
  std::int64_t came() const { return came_; }
  std::int64_t gone() const { return gone_; }  // by their own end, or reset

 private:
  void serve(Descriptor socket);

  Manner manner_;
  Descriptor listener_;
  std::string address_;
  mutable std::mutex mutex_;
  std::string heard_;
  std::atomic<std::int64_t> came_ = 0, gone_ = 0;
  std::atomic<bool> over_ = false;
  std::vector<std::jthread> threads_;
  std::jthread accepting_;
};

enum class Read { bytes, end, reset, nothing };

class Client {
 public:
  explicit Client(const std::string& address);

  void say(const std::string& bytes);            // all of it
  std::size_t offer(const std::string& bytes);   // what is taken without waiting
  std::string hear(std::size_t bytes);           // exactly so many, or fewer when it ends
  void end_saying();
  Read state();          // what a read would give, without waiting
  Read state_in_time();  // with waiting; nothing: not even that
  std::string answer_to(const std::string& bytes) { say(bytes); return hear(bytes.size()); }

 private:
  Descriptor socket_;
};

// The proxy before a server.
struct Bench {
  explicit Bench(const Echo& echo, NetworkPaths::Ways ways = NetworkPaths::Ways::one_each) : paths(directory.path(), ways) {
    paths.lead_to(echo.address());
  }
  Client client(const std::string& process = "producer-0") { return Client(paths.address_for(process)); }

  TemporaryDirectory directory;
  NetworkPaths paths;
};

// Bytes that are different at every place.
std::string much(std::size_t bytes);

}  // namespace assay::test
