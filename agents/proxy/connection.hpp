// An agent's connection and ours to the server behind it.
#pragma once

#include "agents/proxy/path.hpp"

namespace assay::proxy {

class Connection {
 public:
  // With hang the server is not asked before the healing.
  enum class Begin { connect, hang };
  Connection(Path& path, Descriptor agent, Begin begin);

  bool closed() const { return !agent_.socket && !server_.socket; }
  void reset();
  void nothing_asked_yet() { asked_ = false; }

  // What waited goes on. A stream that has a gap cannot, and is reset.
  void heal();

  void write_due(Clock::time_point now);
  std::optional<Clock::time_point> next_due() const;

 private:
  struct End : Watcher {
    explicit End(Connection& connection) : owner(connection) {}
    void ready(std::uint32_t events) override { owner.step(*this, events); }

    Connection& owner;
    Descriptor socket;
    std::uint32_t interest = 0;
    bool watched = false;
    bool finished = false;  // nothing more will be read from it
    bool blocked = false;   // it takes nothing for now
  };

  void connect();
  void step(End& end, std::uint32_t events);
  void read_from(End& end);
  void take(End& from, std::string bytes);
  void ended(End& from, Flow::End how);
  void write(Flow& flow, End& to, Clock::time_point now);
  void settle();
  void ask_for(End& end, const Flow& in);
  Flow& flow_from(const End& end) { return &end == &agent_ ? up_ : down_; }
  Flow& flow_to(const End& end) { return &end == &agent_ ? down_ : up_; }

  Path& path_;
  End agent_{*this}, server_{*this};
  Flow up_, down_;  // to the server, to the agent
  bool connecting_ = false;
  bool gap_ = false;    // something vanished
  bool asked_ = false;  // the agent has said something since the fault began
};

}  // namespace assay::proxy
