// What the way through the proxy costs: a round trip of a small message, and a
// stream, each also straight to the same server. One JSON object on stdout.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <thread>

#include "tests/proxy/echo.hpp"

using namespace assay;
using namespace assay::test;

namespace {

constexpr int round_trips = 5000, rounds = 5;
constexpr std::size_t stream_bytes = 64 << 20;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double round_trip_us(Client client) {
  const std::string message(100, 'm');
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < round_trips; ++i)
    if (client.answer_to(message) != message) throw std::runtime_error("the server answered something else");
  return seconds_since(begin) / round_trips * 1e6;
}

double stream_mib_per_s(Client client) {
  const std::string bytes(stream_bytes, 'b');
  const auto begin = std::chrono::steady_clock::now();
  std::jthread saying([&] { client.say(bytes); });
  if (client.hear(bytes.size()).size() != bytes.size()) throw std::runtime_error("the stream ended early");
  return static_cast<double>(stream_bytes >> 20) / seconds_since(begin);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main() {
  const Echo echo(Echo::Manner::answers_and_forgets);
  Bench bench(echo);
  std::vector<double> straight_us, proxy_us, straight_mib, proxy_mib;
  for (int round = 0; round < rounds; ++round) {  // in turns, so that both see the same weather
    straight_us.push_back(round_trip_us(Client(echo.address())));
    proxy_us.push_back(round_trip_us(bench.client()));
    straight_mib.push_back(stream_mib_per_s(Client(echo.address())));
    proxy_mib.push_back(stream_mib_per_s(bench.client()));
  }
  std::cout << "{\"straight\":{\"round_trip_us\":" << median(straight_us) << ",\"stream_mib_per_s\":" << median(straight_mib)
            << "},\"proxy\":{\"round_trip_us\":" << median(proxy_us) << ",\"stream_mib_per_s\":" << median(proxy_mib)
            << "},\"round_trip_proxy_to_straight\":" << median(proxy_us) / median(straight_us)
            << ",\"stream_proxy_to_straight\":" << median(proxy_mib) / median(straight_mib) << "}\n";
}
