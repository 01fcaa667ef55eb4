#include "cli/network-paths.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "checker/network.hpp"

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::milliseconds answer_time{10'000};
constexpr const char* way_of_all = "all";

std::pair<Descriptor, Descriptor> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "make a pair of sockets");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

PathRecord record_from(const Json& said) {
  return {.dropped = said.at("dropped"), .held = said.at("held"), .delayed_up = said.at("delayed_up"),
          .delayed_down = said.at("delayed_down"), .resets = said.at("resets"), .refused = said.at("refused")};
}

}  // namespace

PathRecord& PathRecord::operator+=(const PathRecord& other) {
  dropped += other.dropped, held += other.held, delayed_up += other.delayed_up, delayed_down += other.delayed_down;
  resets += other.resets, refused += other.refused;
  return *this;
}

bool needs_network_paths(const Profile& profile) {
  return profile.faults.mode != FaultMode::none && std::ranges::any_of(profile.faults.kinds, is_of_network);
}

NetworkPaths::NetworkPaths(const std::filesystem::path& directory, Ways ways) : ways_(ways), log_(directory / "network-proxy.log") {
  auto [ours, theirs] = socket_pair();
  proxy_.emplace(ChildProcess::spawn({.argv = {program_beside_adapters("network-proxy").string()},
                                      .environment = {},
                                      .directory = {},
                                      .output = log_,
                                      .descriptors = {{"ASSAY_PROXY_CONTROL", theirs.get()}}}));
  control_ = std::move(ours);
}

std::string NetworkPaths::name_of(const std::string& process) const { return ways_ == Ways::one_each ? process : way_of_all; }

std::string NetworkPaths::address_for(const std::string& process) {
  auto& address = addresses_[name_of(process)];
  if (address.empty()) address = ask({{"do", "listen"}, {"path", name_of(process)}}).at("address").get<std::string>();
  return address;
}

void NetworkPaths::lead_to(const std::string& server) { ask({{"do", "lead"}, {"to", server}}); }

void NetworkPaths::strike(const std::string& process, Json fault) {
  fault["do"] = "strike";
  fault["path"] = name_of(process);
  ask(std::move(fault));
}

PathRecord NetworkPaths::record(const std::string& process) { return record_from(ask({{"do", "tell"}, {"path", name_of(process)}})); }
PathRecord NetworkPaths::heal(const std::string& process) { return record_from(ask({{"do", "heal"}, {"path", name_of(process)}})); }

Json NetworkPaths::ask(Json what) {
  const auto text = what.dump();
  const auto fail = [&](const std::string& why) {
    const auto lines = last_lines(log_, 3);
    throw std::runtime_error("ask the network proxy for " + text + ": " + why + (lines.empty() ? "" : "; its last lines: " + lines));
  };
  if (::send(control_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) fail(std::generic_category().message(errno));
  pollfd wanted{control_.get(), POLLIN, 0};
  if (::poll(&wanted, 1, static_cast<int>(answer_time.count())) <= 0) fail("no answer within " + std::to_string(answer_time.count()) + " ms");
  std::array<char, 4096> packet;
  const auto got = ::recv(control_.get(), packet.data(), packet.size(), 0);
  if (got <= 0) fail("it has ended");
  auto said = Json::parse(packet.data(), packet.data() + got);
  if (said.contains("error")) fail(said.at("error").get<std::string>());
  return said;
}

}  // namespace assay
