// Where RabbitMQ looks for its code. By itself it searches the folders of all the
// plugins that came with it for each of its 900 modules: 51,000 files that are not
// there, which is half of the time that a start takes.
#pragma once

#include <filesystem>
#include <string>

#include "agents/systems/rabbitmq/installed.hpp"

namespace assay::rabbitmq {

struct CodePath {
  std::filesystem::path plugins;  // takes the place of RabbitMQ's own folder of plugins
  std::string arguments;          // for erl: the folders that are searched first
};

// The same code from the same files, sooner found. Makes `folder`, in which the
// server itself is the only plugin. Both are empty where the server is not
// installed as expected: it starts all the same, in its own time.
CodePath short_code_path(const Installed& server, const std::filesystem::path& folder);

}  // namespace assay::rabbitmq
