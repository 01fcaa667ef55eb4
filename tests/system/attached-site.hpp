// Where an attached server lives: a Redis that the test runs, not assay, and
// somebody who does to it what a command asks for, as a container engine would.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agents/os/child-process.hpp"

namespace assay {

// A network of its own, joined to ours by a pair of interfaces; gone with this
// object. Throws when it cannot be had: that needs root and the program `ip`.
class Network {
 public:
  Network();
  std::string address() const { return theirs_; }
  std::vector<std::string> inside(const std::vector<std::string>& command) const;

 private:
  ChildProcess holder_;
  std::string theirs_;
};

inline const std::string site_secret = "a-secret-that-nobody-may-write-down-4711";

class Site {
 public:
  // Runs the server with these further options, in `network` or on the loopback interface.
  Site(std::filesystem::path directory, const std::vector<std::string>& options, const Network* network = nullptr);
  ~Site();

  const std::string& address() const { return address_; }

  // A command for a profile, as JSON; what it can ask for: kill, stop, pause, resume, start.
  std::string command(const std::string& word) const;
  std::string all_commands() const;  // an object with all five

  std::map<std::string, std::string> environment() const;  // for assay

  // As /proc has it: 'S' asleep, 'T' stopped, 'Z' ended by itself; nothing: it was ended.
  std::optional<char> state() const;
  bool goes_on() const { return state() && *state() != 'T' && *state() != 'Z'; }

 private:
  void serve();
  bool act(const std::string& word);
  void ask(const std::string& word) const;

  std::filesystem::path directory_;
  std::string address_;
  std::vector<std::string> argv_;
  std::optional<ChildProcess> server_;  // of the thread below, like all that is done to it
  std::jthread keeper_;
};

}  // namespace assay
