// The process between the visible one and the supervisor (containment.hpp).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "agents/os/descriptor.hpp"
#include "cli/containment.hpp"

namespace assay {

enum class Isolation { pid_namespace, user_namespace, none };

// What the visible process has settled before it starts a janitor.
struct Duties {
  std::string run_id;
  std::filesystem::path place;  // the scratch directory is made in it
  Isolation isolation{};
  uid_t user{};  // as seen outside a namespace
  gid_t group{};
};

// Over a SOCK_SEQPACKET pair. The visible process sends the number of a signal
// that the supervisor is to get; the janitor sends reports.
struct Report {
  enum class Kind : char {
    refused = 'r',  // no namespace here; the janitor has ended, ask another without
    failed = 'f',   // text: why there is no supervisor
    scratch = 's',  // text: the scratch directory
    ended = 'e',    // text: the supervisor's wait status. Everything else is gone as well
  };
  Kind kind{};
  std::string text;
};
void send_report(int socket, const Report& report);
std::optional<Report> receive_report(int socket);  // empty: the janitor has ended

// Called in a new process, which becomes the janitor and does not return. It
// forks the supervisor, and there this does.
Containment be_janitor(const Duties& duties, Descriptor socket) noexcept;

// Kills what carries ASSAY_RUN=run_id, and the caller's own children if
// wanted. True when there was something to kill.
enum class Children { killed, spared };
bool kill_run(const std::string& run_id, Children children);

}  // namespace assay
