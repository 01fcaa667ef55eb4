#include "agents/systems/postgres/server.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "agents/os/child-process.hpp"
#include "agents/systems/postgres/account.hpp"
#include "agents/systems/postgres/installed.hpp"
#include "agents/systems/postgres/place.hpp"

namespace assay::postgres {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds making_limit{60}, clearing_limit{5};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// A file in memory that only who is handed it can read.
Descriptor in_memory(const std::string& text) {
  Descriptor file(::memfd_create("secret", 0));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::system_error(errno, std::generic_category(), "hand over the password");
  return file;
}

// MD5, since each new connection of a client would work for some milliseconds on
// SCRAM's 4096 rounds. The password has 128 random bits, and goes to this machine.
void make_cluster(const fs::path& programs, const DataDirectory& data) {
  const auto secret = variable("ASSAY_SECRET");
  std::vector<std::string> words{(programs / "initdb").string(), "-D", data.handed_over(), "-U", own_user, "-E", "UTF8",
                                 "--locale=C", "--no-sync", "--no-instructions", "--wal-segsize=1"};
  Descriptor password;
  if (secret.empty()) {
    words.push_back("--auth=trust");
  } else {
    password = in_memory(secret + "\n");
    words.insert(words.end(), {"--auth=md5", "--pwfile=/proc/self/fd/" + std::to_string(password.get())});
  }
  data.run(words, Deadline::in(making_limit));
}

void copy_cluster(const fs::path& from, const fs::path& to) {
  const auto finished = run_to_end({.argv = {"cp", "-a", from.string() + "/.", to.string()}, .environment = {}, .directory = {}, .output = {}},
                                   Deadline::in(making_limit));
  if (finished.timed_out || finished.end != Change{.kind = Change::Kind::exited, .value = 0, .wait_status = 0})
    throw std::runtime_error("copy " + from.string() + " to " + to.string() + ": " + finished.errors);
}

// One a password: it is part of the cluster.
fs::path template_in(const fs::path& cache) {
  const auto secret = variable("ASSAY_SECRET");
  return cache / ("postgres-template-" + std::to_string(XXH3_64bits(secret.data(), secret.size())));
}

void make_or_copy(const fs::path& programs, const DataDirectory& data, const std::optional<Account>& account) {
  const auto cache = variable("ASSAY_CACHE");
  if (cache.empty()) return make_cluster(programs, data);
  const auto made = template_in(cache);
  if (!fs::exists(made)) {
    const fs::path making = made.string() + ".part";
    fs::remove_all(making);
    make_cluster(programs, DataDirectory(making, account));
    fs::rename(making, made);
  }
  copy_cluster(made, data.path());
}

std::vector<std::string> command_line(const fs::path& programs, const std::string& address, const Settings& settings,
                                      const DataDirectory& data) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error("PostgreSQL address \"" + address + "\": expected HOST:PORT");
  std::vector<std::string> words{(programs / "postgres").string(), "-D", data.handed_over()};
  const auto set = [&](const std::string& name, const std::string& value) {
    words.insert(words.end(), {"-c", name + "=" + value});
  };
  set("listen_addresses", address.substr(0, colon));
  set("port", address.substr(colon + 1));
  set("unix_socket_directories", "");
  set("dynamic_shared_memory_type", "mmap");  // in the data directory; in /dev/shm it would outlive a kill
  set("shared_buffers", "32MB");
  set("fsync", settings.fsync);
  set("synchronous_commit", settings.synchronous_commit);
  set("wal_writer_delay", std::to_string(settings.wal_writer_delay_ms) + "ms");
  set("log_line_prefix", "%m [%p] %a ");
  return words;
}

}  // namespace

void become_server(const fs::path& directory, const std::string& address, const Settings& settings) {
  const auto server = installed_in(usual_folders());
  if (server.folder.empty()) throw std::runtime_error(server.missing);
  ::umask(077);
  const auto account = account_to_take();
  const DataDirectory data(fs::absolute(directory) / "data", account);
  const bool made = fs::exists(data.path() / "PG_VERSION");
  if (made) {
    // Children of a killed server live on for a moment, and would spoil the data of the next.
    data.clear_of_processes(Deadline::in(clearing_limit));
    fs::remove(data.path() / "postmaster.pid");
  }
  part_ipc();
  if (!made) make_or_copy(server.folder, data, account);
  auto words = command_line(server.folder, address, settings, data);
  data.take_account();
  die_with_parent();
  ::unsetenv("ASSAY_SECRET");
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (::chdir("/") != 0) throw std::system_error(errno, std::generic_category(), "go to /");
  ::execv(arguments[0], arguments.data());
  throw std::system_error(errno, std::generic_category(), "execute " + words.front());
}

}  // namespace assay::postgres
