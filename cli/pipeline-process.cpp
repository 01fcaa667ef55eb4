#include "cli/pipeline-process.hpp"

#include <system_error>

#include "agents/control/placeholders.hpp"
#include "cli/broker.hpp"
#include "cli/own-agent.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

class NoTrail : public Trail {
 public:
  void arm(const std::string&, std::int64_t) override {}
  void disarm() override {}
  bool stands_there() override { return false; }
  std::string last_window() override { return {}; }
  std::int64_t passes() override { return 0; }

  const std::filesystem::path& file() const override { return nowhere_; }
  std::uint64_t length() override { return 0; }
  Recording read(Ending) override { return {}; }

 private:
  std::filesystem::path nowhere_;
};

class PipelineProcess : public SupervisedAgent {
 public:
  PipelineProcess(AgentConfiguration configuration, ChildProcess child, std::filesystem::path log, std::string command)
      : SupervisedAgent(std::move(configuration), nlohmann::json::object(), std::make_unique<NoTrail>(), std::move(child), std::move(log)),
        command_(std::move(command)) {
    ready = true;  // as far as anybody can tell
  }

  bool is_silent() const override { return true; }
  std::string command() const override { return command_; }
  void signal(int number) override { child().signal_group(number); }
  std::string take(const nlohmann::json&) override { return {}; }

 private:
  std::string command_;
};

std::map<std::string, std::string> places_of(const PipelineStart& start) {
  const auto& agent = start.configuration;
  std::map<std::string, std::string> places{{"address", agent.address}, {"input", agent.channel}, {"output", start.output},
                                            {"group", agent.group},     {"name", agent.process},  {"secret", start.secret}};
  if (const auto colon = agent.address.rfind(':'); colon != std::string::npos) {
    places["host"] = agent.address.substr(0, colon);
    places["port"] = agent.address.substr(colon + 1);
  }
  return places;
}

}  // namespace

std::unique_ptr<SupervisedAgent> start_pipeline(const PipelineStart& start) {
  const auto places = places_of(start);
  Command command{.argv = {}, .environment = {}, .directory = start.pipeline.directory, .output = start.log};
  for (const auto& word : start.pipeline.command) command.argv.push_back(filled_in(word, places));
  for (const auto& [name, value] : start.pipeline.environment) command.environment[name] = filled_in(value, places);
  const auto said = joined(start.pipeline.command, " ");
  require_program("pipeline", command.argv, command.directory, "/pipeline/command");
  try {
    return std::make_unique<PipelineProcess>(start.configuration, ChildProcess::spawn(command), start.log, said);
  } catch (const std::system_error& error) {
    if (start.configuration.trial > 1) throw;
    throw SystemUnavailable("start the pipeline by \"" + said + "\": " + error.what() + "; correct /pipeline/command");
  }
}

}  // namespace assay
