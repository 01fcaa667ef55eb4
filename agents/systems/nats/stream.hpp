// The stream that a channel is, with the pull consumer that its group is, and
// what JetStream answers about them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "agents/roles/system.hpp"
#include "agents/systems/nats/connection.hpp"
#include "agents/systems/nats/settings.hpp"
#include "agents/systems/teller.hpp"

namespace assay::nats {

// What JetStream answered; throws std::runtime_error when that is no JSON object.
nlohmann::json answer_in(const Message& message, const std::string& asked);

// The code of its error, 0 for none: 10059, stream not found.
int error_code(const nlohmann::json& answer);
std::string error_words(const nlohmann::json& answer);

// One attempt: nothing when JetStream answers, else why not. Throws
// std::runtime_error where waiting will not help: a wrong password.
std::optional<std::string> probe_server(const std::string& address, Deadline deadline);

class Stream {
 public:
  Stream(const LinkSetup& setup, const Settings& settings);

  const std::string& channel() const { return channel_; }
  std::string subject_of(const std::string& verb) const { return "$JS.API.STREAM." + verb + "." + channel_; }
  std::string consumer_subject(const std::string& verb) const { return "$JS.API.CONSUMER." + verb + "." + channel_ + "." + group_; }

  // Creates what is not there; the answer is the same when it is (2.9.10 says
  // did_create either way), but for when that was. A stream that is not the one
  // that we had is told. False: the connection died.
  bool ensure(Connection& connection, Teller& teller, Deadline deadline);
  bool ensure_consumer(Connection& connection, Deadline deadline);

 private:
  std::optional<nlohmann::json> ask(Connection& connection, const std::string& subject, const nlohmann::json& request, Deadline deadline);

  std::string channel_, group_;
  Settings settings_;
  std::string created_;  // when, by the server's clock; empty: we have not seen it yet
};

}  // namespace assay::nats
