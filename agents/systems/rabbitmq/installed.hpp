// The RabbitMQ server that is installed on this machine.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay::rabbitmq {

struct Installed {
  std::filesystem::path start;  // its start script; empty: none that will do
  std::string version;
  std::string missing;          // why, for people
  std::filesystem::path code;   // its folder
  std::filesystem::path erlang; // the folder of Erlang's own libraries
};

// The newest that lies in one of these as rabbitmq_server-VERSION.
Installed installed_in(const std::vector<std::filesystem::path>& folders);

std::vector<std::filesystem::path> usual_folders();

}  // namespace assay::rabbitmq
