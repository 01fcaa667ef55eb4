// Starts a RabbitMQ server.
#pragma once

#include <filesystem>
#include <string>

#include "agents/systems/rabbitmq/settings.hpp"

namespace assay::rabbitmq {

// Writes what the server needs into `directory` and becomes it: the start script
// execs erl, and that the virtual machine. Returns only by throwing.
[[noreturn]] void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings);

}  // namespace assay::rabbitmq
