#include "cli/trail.hpp"

namespace assay {
namespace {

RecordMapping fresh_recording(const AgentConfiguration& configuration, std::uint64_t bytes) {
  create_recording(configuration.recording, configuration.process, configuration.incarnation, configuration.trial, bytes);
  return RecordMapping(configuration.recording);
}

}  // namespace

RecordTrail::RecordTrail(const AgentConfiguration& configuration, std::uint64_t bytes)
    : file_(configuration.recording), mapping_(fresh_recording(configuration, bytes)) {}

}  // namespace assay
