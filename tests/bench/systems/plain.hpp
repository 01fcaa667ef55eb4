// The plainest loop that sends N messages, a window of them unanswered, and then
// receives and acknowledges them: what assay's agents are measured against. One
// program a system, written as somebody would who knows the client library and
// looks into nothing else: no records, no time-outs, no second attempt.
//
//     plain-SYSTEM HOST:PORT MESSAGES BYTES WINDOW
//
// Prints one line of JSON: seconds from the first send to the last answer, and
// from the first delivery to the last acknowledgement.
#pragma once

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

namespace plain {

using Clock = std::chrono::steady_clock;

struct Load {
  std::string host;
  int port = 0;
  int messages = 0;
  std::string body;
  int window = 1;    // unanswered sends, and unacknowledged deliveries
  std::string secret;  // of the server
};

struct Times {
  Clock::time_point first_send, last_answer, first_delivery, last_ack;
};

// Costs nothing while all goes well.
inline void insist(bool went_well, const char* attempted, const char* why = nullptr) {
  if (!went_well) throw std::runtime_error(std::string(attempted) + ": " + (why ? why : "failed"));
}

template <typename Loop>
int run(int argc, char** argv, Loop loop) {
  try {
    insist(argc == 5, "usage: HOST:PORT MESSAGES BYTES WINDOW");
    const std::string address = argv[1];
    const auto colon = address.rfind(':');
    const char* secret = std::getenv("ASSAY_SECRET");
    const Load load{.host = address.substr(0, colon),
                    .port = std::stoi(address.substr(colon + 1)),
                    .messages = std::stoi(argv[2]),
                    .body = std::string(std::stoul(argv[3]), 'x'),
                    .window = std::stoi(argv[4]),
                    .secret = secret ? secret : ""};
    const Times times = loop(load);
    const auto seconds = [](auto from, auto to) { return std::chrono::duration<double>(to - from).count(); };
    std::cout << "{\"send_s\": " << seconds(times.first_send, times.last_answer)
              << ", \"receive_s\": " << seconds(times.first_delivery, times.last_ack) << "}" << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << std::endl;
    return 1;
  }
}

}  // namespace plain
