// There is no client library: its protocol of lines, over a socket. put in a
// pipeline; reserve and delete one by one.
#include <array>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/systems/plain.hpp"

using namespace plain;

namespace {

class Server {
 public:
  explicit Server(const Load& load) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(load.port));
    ::inet_pton(AF_INET, load.host.c_str(), &address.sin_addr);
    insist(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "connect to beanstalkd");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    replies_ = ::fdopen(socket_, "r");
  }
  ~Server() { std::fclose(replies_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void ask(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto written = ::write(socket_, bytes.data() + sent, bytes.size() - sent);
      insist(written > 0, "write to beanstalkd");
      sent += static_cast<std::size_t>(written);
    }
  }

  std::string line(const char* expected) {
    std::array<char, 256> text{};
    const bool came = std::fgets(text.data(), text.size(), replies_) && std::strncmp(text.data(), expected, std::strlen(expected)) == 0;
    insist(came, expected, text.data());
    return text.data();
  }

  void skip(std::size_t bytes) {
    std::string body(bytes, '\0');
    insist(std::fread(body.data(), 1, bytes, replies_) == bytes, "read a body");
  }

 private:
  int socket_;
  std::FILE* replies_ = nullptr;
};

Times loop(const Load& load) {
  Server server(load);
  const auto put = "put 1024 0 120 " + std::to_string(load.body.size()) + "\r\n" + load.body + "\r\n";

  Times times;
  times.first_send = Clock::now();
  for (int sent = 0, answered = 0; answered < load.messages; ++answered) {
    for (; sent < load.messages && sent - answered < load.window; ++sent) server.ask(put);
    server.line("INSERTED");
  }
  times.last_answer = Clock::now();

  for (int received = 0; received < load.messages; ++received) {
    server.ask("reserve\r\n");
    const auto reserved = server.line("RESERVED ");
    if (received == 0) times.first_delivery = Clock::now();
    server.skip(load.body.size() + 2);
    const auto id = reserved.substr(9, reserved.find(' ', 9) - 9);
    server.ask("delete " + id + "\r\n");
    server.line("DELETED");
  }
  times.last_ack = Clock::now();
  return times;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, loop); }
