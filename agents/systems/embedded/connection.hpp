// A client's connection to the broker: one DEALER socket and a monitor that
// tells at once when the broker is gone, so that nobody waits for a time-out.
//
// A connection that broke, or on which an answer came too late, is given up:
// closed with linger 0, so that nothing queued on it can leave later, and
// replaced. Every life of it has a number.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "agents/os/deadline.hpp"

namespace assay::embedded {

class Connection {
 public:
  explicit Connection(std::string address);
  ~Connection();

  // Whether the broker is there by the deadline: what is sent to nobody could
  // still leave later. `others` gets the replies of a connection that was lost.
  using Others = std::function<void(const nlohmann::json&)>;
  bool connected(Deadline deadline, const Others& others = nullptr);

  // Numbers the request and hands it over; returns the number.
  std::int64_t send(nlohmann::json request);

  enum class Sign {
    reply,    // one is readable and unread
    lost,     // the broker is gone, and every reply that arrived has been taken
    nothing,  // at the deadline
  };
  Sign wait(Deadline deadline);

  // The next reply that is there. Its number is in "n".
  std::optional<nlohmann::json> take();

  // One request and its reply. Nothing: lost or late, and a new life has begun.
  // `others` gets the replies to earlier requests that come in meanwhile.
  std::optional<nlohmann::json> ask(nlohmann::json request, Deadline deadline, const Others& others = nullptr);

  // The same for a request that may be repeated: until the deadline, which
  // throws std::runtime_error. So does a refusal.
  nlohmann::json insist(const nlohmann::json& request, Deadline deadline, const Others& others = nullptr);

  void renew();

  // Gives every reply that has arrived to `visit`; then begins a new life if
  // the broker is gone.
  void collect(const Others& visit);

  std::int64_t life() const { return life_; }

 private:
  void open();
  void close();
  bool readable();
  void hear_monitor();

  std::string address_;
  zmq::context_t context_;
  zmq::socket_t dealer_;
  zmq::socket_t monitor_;
  bool connected_ = false, lost_ = false;
  std::int64_t life_ = 0;
  std::int64_t requests_ = 0;
};

}  // namespace assay::embedded
