// One client of libmosquitto. The library works only when it is called here: it
// has no thread and never connects of its own accord, so a lost connection is an
// outcome. What was begun and not finished by a deadline goes on in the next call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <mosquitto.h>

#include "agents/os/deadline.hpp"
#include "agents/systems/mqtt/place.hpp"

namespace assay::mqtt {

// Who a client is to the server, and how its library is used.
struct Client {
  std::string client;
  bool clean_session = true;

  unsigned in_flight = 20;  // messages of ours that the library lets be open at a time; the rest waits in it

  // Keeps the library's handle from one connection to the next, and with it what
  // that knows of messages that are half received.
  bool keeps_state = false;

  // What the library has to send waits for flush(), as it waits for the loop's
  // thread behind mosquitto_loop_start.
  bool writes_when_told = false;
};

// What arrives; called within step().
struct Arrivals {
  std::function<void(int packet)> published = [](int) {};             // the server has it, or at QoS 0: it is written
  std::function<void(const mosquitto_message&, bool dup)> message = [](const mosquitto_message&, bool) {};
  std::function<void(int granted_qos)> subscribed = [](int) {};
  std::function<void()> half = [] {};    // a step of a message that is not handed over by this
  std::function<void()> pong = [] {};
};

class Connection {
 public:
  Connection(const std::string& address, Client client, Arrivals arrivals);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // True once the server has taken us. False: not by the deadline, or refused.
  bool connect(Deadline deadline);

  bool alive() const { return state_ == State::up; }
  bool connecting() const { return state_ == State::connecting; }
  std::int64_t generation() const { return generation_; }  // of the connection, the last one that was up
  const std::string& why() const { return why_; }
  bool denied() const { return denied_; }                   // it was refused by the server, in words

  // While alive; an error of a call that is made with it is told by lose().
  mosquitto* handle() { return handle_.get(); }
  void lose(const std::string& why);

  // Closes with linger 0, so that nothing queued can leave later.
  void drop();

  // Waits until something can be read, or written where something has to be, and
  // lets the library do that, one packet where it can. False: nothing by the deadline.
  bool step(Deadline deadline);

  // Waits likewise, and reads nothing.
  bool readable(Deadline deadline);

  // The first byte of the packet that can be read next; nothing where there is
  // none, and where TLS hides it.
  std::optional<unsigned char> next_packet() const;

  bool flush(Deadline deadline);  // false: it did not all leave

  // The server answers it behind all that it has pushed before.
  bool ping(Deadline deadline);

 private:
  enum class State { down, connecting, up };

  struct Destroy {
    void operator()(mosquitto* handle) const { mosquitto_destroy(handle); }
  };

  void make_handle();
  void begin();
  bool wait(Deadline deadline, bool write);
  bool writes_now() const;
  bool has_packets_inside() const;
  void hold(int result);
  void take_connack(int code);
  bool take_dup(int packet);
  void take_line(const std::string& line);
  int descriptor() const;

  Place place_;
  Client client_;
  Arrivals arrivals_;
  std::unique_ptr<mosquitto, Destroy> handle_;
  State state_ = State::down;
  std::int64_t generation_ = 0;
  std::string why_;
  bool denied_ = false;
  std::map<int, bool> dups_;  // by packet id, of messages that are not handed over yet
  std::optional<int> connack_;
};

}  // namespace assay::mqtt
