// What a stranger may send, and what comes back: never a crash.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "broker-process.hpp"

using namespace assay;
using namespace assay::embedded;
using nlohmann::json;

namespace {

class Stranger {
 public:
  explicit Stranger(const BrokerProcess& broker) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, soon().left_ms());
    socket_.connect(broker.address());
  }

  json say(const std::string& bytes) {
    socket_.send(zmq::buffer(bytes), zmq::send_flags::none);
    return hear();
  }
  json say(const json& request) {
    const auto bytes = json::to_msgpack(request);
    return say(std::string(bytes.begin(), bytes.end()));
  }
  json say_in_parts(const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      socket_.send(zmq::buffer(parts[i]), i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    return hear();
  }

 private:
  json hear() {
    zmq::message_t reply;
    REQUIRE_MESSAGE(socket_.recv(reply), "no reply");
    const auto* first = reply.data<std::uint8_t>();
    return json::from_msgpack(first, first + reply.size());
  }

  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::dealer};
};

json refused(int n, const std::string& reason) { return {{"n", n}, {"refused", reason}}; }

}  // namespace

TEST_CASE("a request that is not a flat MessagePack map is refused") {
  BrokerProcess broker;
  Stranger stranger(broker);
  std::string maps_in_maps;
  for (int i = 0; i < 1 << 18; ++i) maps_in_maps += "\x81\xa1q";
  const auto not_a_map = refused(0, "not a flat MessagePack map");
  CHECK(stranger.say(std::string()) == not_a_map);
  CHECK(stranger.say(std::string("hello")) == not_a_map);
  CHECK(stranger.say(std::string(1 << 20, '\x91')) == not_a_map);           // a million arrays, one in the other
  CHECK(stranger.say(maps_in_maps) == not_a_map);
  CHECK(stranger.say(std::string("\xdf\xff\xff\xff\xff", 5)) == not_a_map);  // four thousand million entries to come
  CHECK(stranger.say(std::string("\x81\xa1q\xc6\xff\xff\xff\xff", 8)) == not_a_map);
  CHECK(stranger.say(json::array({1, 2})) == not_a_map);
  CHECK(stranger.say(json{{"n", 1}, {"op", json::array({"send"})}}) == not_a_map);
  CHECK(stranger.say_in_parts({"a", "b", "c"}) == not_a_map);
  CHECK(stranger.say({{"n", 7}, {"op", "ping"}}) == json{{"n", 7}});
}

TEST_CASE("a request that lacks something is refused by its number and changes nothing") {
  BrokerProcess broker;
  Stranger stranger(broker);
  CHECK(stranger.say({{"op", "ping"}}) == refused(0, "no field n"));
  CHECK(stranger.say({{"n", "1"}, {"op", "ping"}}) ==
        refused(0, "n must be an integer from 0 to 9223372036854775807"));
  CHECK(stranger.say({{"n", 1}}) == refused(1, "no field op"));
  CHECK(stranger.say({{"n", 2}, {"op", 2}}) == refused(2, "op must be a string"));
  CHECK(stranger.say({{"n", 3}, {"op", "purge"}}) == refused(3, "unknown operation"));
  CHECK(stranger.say({{"n", 4}, {"op", "send"}, {"queue", "queue"}, {"key", "-"}}) == refused(4, "no field body"));
  CHECK(stranger.say({{"n", 5}, {"op", "send"}, {"queue", "queue"}, {"key", "-"}, {"body", "text"}}) ==
        refused(5, "body must be binary"));
  const auto send = [&](json identity) {
    identity.update({{"n", 11}, {"op", "send"}, {"queue", "queue"}, {"key", "-"}, {"body", json::binary({})}});
    return stranger.say(identity);
  };
  CHECK(send({{"id", ""}}) == refused(11, "id must not be empty"));
  CHECK(send({{"id", 1}}) == refused(11, "id must be a string"));
  CHECK(send({{"producer", "p"}}) == refused(11, "no field sequence"));
  CHECK(send({{"sequence", 1}}) == refused(11, "no field producer"));
  CHECK(send({{"producer", ""}, {"sequence", 1}}) == refused(11, "producer must not be empty"));
  CHECK(send({{"producer", "p"}, {"sequence", -1}}) ==
        refused(11, "sequence must be an integer from 0 to 9223372036854775807"));
  CHECK(send({{"id", "i"}, {"producer", "p"}, {"sequence", 1}}) == refused(11, "id and producer exclude each other"));
  CHECK(stranger.say({{"n", 6}, {"op", "receive"}, {"session", "s"}, {"max", 0}, {"wait_ms", 0}}) ==
        refused(6, "max must be an integer from 1 to 10000"));
  CHECK(stranger.say({{"n", 7}, {"op", "receive"}, {"session", "s"}, {"max", 1}, {"wait_ms", -1}}) ==
        refused(7, "wait_ms must be an integer from 0 to 9223372036854775807"));
  CHECK(stranger.say({{"n", 8}, {"op", "receive"}, {"session", "s"}, {"max", 1}, {"wait_ms", 60000}}) ==
        refused(8, "no session"));
  CHECK(stranger.say({{"n", 9}, {"op", "ack"}, {"session", "s"}, {"tag", "one"}}) ==
        refused(9, "tag must be one that was delivered"));
  CHECK(stranger.say({{"n", 10}, {"op", "ack"}, {"session", "s"}, {"tag", "1"}}) == refused(10, "no session"));
  CHECK(stored(broker).empty());
  CHECK(broker.hits(Window::b_recv) == 0);
}

TEST_CASE("an open that comes late does not end a newer session") {
  BrokerProcess broker;
  Stranger stranger(broker);
  const auto open = [&](int n, const std::string& session, int opened) {
    return stranger.say({{"n", n}, {"op", "open"}, {"queue", "queue"}, {"group", "g"}, {"owner", "c#1"},
                         {"session", session}, {"opened", opened}});
  };
  CHECK(open(1, "c#1/2", 20) == json{{"n", 1}});
  CHECK(open(2, "c#1/1", 10) == refused(2, "superseded by a newer session of its owner"));
  CHECK(stranger.say({{"n", 3}, {"op", "ack"}, {"session", "c#1/2"}, {"tag", "1"}}) == refused(3, "lease lost"));
}

TEST_CASE("a list from behind the last row is empty") {
  BrokerProcess broker;
  Stranger stranger(broker);
  CHECK(stranger.say({{"n", 1}, {"op", "list"}, {"queue", "queue"}, {"after", 9223372036854775807}}) ==
        json{{"n", 1}, {"copies", json::array()}, {"last", 9223372036854775807}});
}
