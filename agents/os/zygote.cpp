#include "agents/os/zygote.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "agents/os/launch.hpp"

namespace assay {
namespace {

constexpr std::size_t most_descriptors = 8;
constexpr std::size_t longest_request = 64 * 1024;
constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};  // a fork takes a tenth of a millisecond

// What one child is to be. On the socket: the numbers of words and of
// descriptors' names, then directory, words, names, and NAME=VALUE of the
// environment, each ended by a zero byte; beside them the output and the
// descriptors.
struct Request {
  std::string directory;
  std::vector<std::string> words, names, environment;
  std::vector<Descriptor> descriptors;  // the output first
};

std::string encode(const Command& command) {
  std::string text;
  const auto add = [&](std::string_view field) { text.append(field).push_back('\0'); };
  add(std::to_string(command.argv.size() - 1));
  add(std::to_string(command.descriptors.size()));
  add(command.directory.string());
  for (std::size_t i = 1; i < command.argv.size(); ++i) add(command.argv[i]);
  for (const auto& [name, descriptor] : command.descriptors) add(name);
  for (const auto& [name, value] : command.environment) add(name + "=" + value);
  return text;
}

Request decode(std::string_view text, std::vector<Descriptor> descriptors) {
  const auto next = [&] {
    const auto field = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    return std::string(field);
  };
  Request request;
  auto words = std::stoul(next()), names = std::stoul(next());
  request.directory = next();
  for (; words > 0; --words) request.words.push_back(next());
  for (; names > 0; --names) request.names.push_back(next());
  while (!text.empty()) request.environment.push_back(next());
  request.descriptors = std::move(descriptors);
  return request;
}

// Room for the descriptors beside a message.
struct alignas(cmsghdr) Aside {
  std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> bytes{};
};

void send_request(int socket, const std::string& text, const std::vector<int>& descriptors) {
  if (text.size() > longest_request || descriptors.size() > most_descriptors)
    throw std::invalid_argument("a command too long for a zygote");
  iovec part{const_cast<char*>(text.data()), text.size()};
  Aside aside;
  const auto bytes = descriptors.size() * sizeof(int);
  msghdr message{.msg_name = nullptr, .msg_namelen = 0, .msg_iov = &part, .msg_iovlen = 1, .msg_control = aside.bytes.data(),
                 .msg_controllen = CMSG_SPACE(bytes), .msg_flags = 0};
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
  if (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) throw failed("ask the zygote for a process");
}

// Nothing: the supervisor has gone.
std::optional<Request> receive_request(int socket) {
  static std::array<char, longest_request> text;
  iovec part{text.data(), text.size()};
  Aside aside;
  msghdr message{.msg_name = nullptr, .msg_namelen = 0, .msg_iov = &part, .msg_iovlen = 1, .msg_control = aside.bytes.data(),
                 .msg_controllen = aside.bytes.size(), .msg_flags = 0};
  ssize_t size = -1;
  while ((size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) continue;
  if (size <= 0) return {};
  std::vector<Descriptor> descriptors;
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    for (std::size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= header->cmsg_len; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
      descriptors.emplace_back(descriptor);
    }
  }
  return decode({text.data(), static_cast<std::size_t>(size)}, std::move(descriptors));
}

// fork(2) with two differences: the child is one of our parent's, and no
// handlers run, for which a process without threads has no need. glibc keeps
// the number of the thread in memory; the kernel is told where, as fork tells it.
pid_t fork_sibling() {
  int* thread_number = nullptr;
  long flags = CLONE_PARENT | SIGCHLD;
  if (prctl(PR_GET_TID_ADDRESS, &thread_number) == 0) flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
#if defined(__x86_64__)
  return static_cast<pid_t>(syscall(SYS_clone, flags, nullptr, nullptr, thread_number, nullptr));
#else
  return static_cast<pid_t>(syscall(SYS_clone, flags, nullptr, nullptr, nullptr, thread_number));
#endif
}

std::array<Descriptor, 2> make_sockets() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw failed("make a pair of sockets");
  const Descriptor low[] = {Descriptor(ends[0]), Descriptor(ends[1])};
  const auto above_standard = [](const Descriptor& end) { return Descriptor(fcntl(end.get(), F_DUPFD_CLOEXEC, 3)); };
  return {above_standard(low[0]), above_standard(low[1])};
}

[[noreturn]] void give_up(const char* what) {
  ::dprintf(2, "%s: %s\n", what, std::strerror(errno));
  _exit(127);
}

// From here on a process like one that was started by itself.
void become(Request& request, pid_t supervisor) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) _exit(127);
  if (getppid() != supervisor) _exit(127);  // it died before it could take us along
  const Descriptor null = open_file("/dev/null", O_RDONLY);
  const int output = request.descriptors.at(0).get();
  if (dup2(null.get(), 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) give_up("set up standard descriptors");
  if (setpgid(0, 0) != 0) give_up("make a process group");
  if (!request.directory.empty() && chdir(request.directory.c_str()) != 0) give_up(request.directory.c_str());
  for (const auto& entry : request.environment) {
    const auto equals = entry.find('=');
    setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
  }
  for (std::size_t i = 0; i < request.names.size(); ++i) {
    const int descriptor = request.descriptors.at(i + 1).release();
    fcntl(descriptor, F_SETFD, 0);
    setenv(request.names[i].c_str(), std::to_string(descriptor).c_str(), 1);
  }
  request.descriptors.clear();
}

}  // namespace

Zygote::Zygote(const Command& command) : Zygote(command, make_sockets()) {}

Zygote::Zygote(const Command& command, std::array<Descriptor, 2> ends)
    : socket_(std::move(ends[0])), process_(ChildProcess::spawn(command, ends[1].get())) {
  for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO})
    if (::setsockopt(socket_.get(), SOL_SOCKET, direction, &patience, sizeof patience) != 0) throw failed("bound the wait for a zygote");
}

ChildProcess Zygote::spawn(const Command& command) {
  const Descriptor output = open_output(command);
  std::vector<int> descriptors{output.get()};
  for (const auto& [name, descriptor] : command.descriptors) descriptors.push_back(descriptor);
  send_request(socket_.get(), encode(command), descriptors);

  int answer = 0;  // the child's pid, or -errno
  ssize_t size = -1;
  while ((size = ::recv(socket_.get(), &answer, sizeof answer, 0)) < 0 && errno == EINTR) continue;
  const bool gone = size >= 0 && size != sizeof answer;
  const auto end = !gone ? std::nullopt : process_.wait_ended(Deadline::in(std::chrono::milliseconds(100)));
  if (size < 0 && errno == EAGAIN) throw std::system_error(ETIMEDOUT, std::generic_category(), "wait for the zygote");
  if (size != sizeof answer)
    throw std::system_error(ECHILD, std::generic_category(), "the zygote has gone" + (end ? " (" + to_string(*end) + ")" : ""));
  if (answer < 0) throw std::system_error(-answer, std::generic_category(), "fork " + command.argv.at(0));

  // Nobody but us can reap it, so the pid is still its own.
  Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, answer, 0)));
  if (!pidfd) throw failed("watch process " + std::to_string(answer));
  return ChildProcess(answer, std::move(pidfd));
}

std::vector<std::string> be_zygote() {
  const pid_t supervisor = getppid();
  constexpr int socket = 0;
  while (true) {
    auto request = receive_request(socket);
    if (!request) _exit(0);
    const pid_t pid = fork_sibling();
    if (pid == 0) {
      become(*request, supervisor);
      return std::move(request->words);
    }
    const int answer = pid < 0 ? -errno : pid;
    if (::send(socket, &answer, sizeof answer, MSG_NOSIGNAL) < 0) _exit(0);
  }
}

}  // namespace assay
