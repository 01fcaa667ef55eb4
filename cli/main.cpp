// The place where every error becomes an exit code.
#include <csignal>
#include <iostream>
#include <system_error>

#include "checker/history/store.hpp"
#include "cli/broker.hpp"
#include "cli/command-line.hpp"
#include "cli/exit-code.hpp"
#include "cli/judged-run.hpp"

namespace {

using namespace assay;

int complain(const std::string& what, int code) {
  std::cerr << "assay: " << printable_lines(what) << std::endl;
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  // A write that cannot be done is an error that says so, not a signal.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return parse_command_line(argc, argv)();
  } catch (const UsageError& error) {
    return complain(error.what(), exit_usage);
  } catch (const DamagedHistory& error) {
    return complain(error.what(), exit_damaged);
  } catch (const SystemUnavailable& error) {
    return complain(error.what(), exit_unavailable);
  } catch (const std::system_error& error) {
    const bool full = error.code() == std::errc::no_space_on_device || error.code() == std::errc::file_too_large;
    return full ? complain(std::string("inconclusive, environment: ") + error.what(), exit_inconclusive)
                : complain(error.what(), exit_failure);
  } catch (const std::exception& error) {
    return complain(error.what(), exit_failure);
  }
}
