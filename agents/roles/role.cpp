#include "agents/roles/role.hpp"

#include <map>
#include <stdexcept>

#include "checker/history/payload.hpp"

namespace assay {
namespace {

constexpr std::chrono::milliseconds progress_interval{50};

}  // namespace

void run_role(const RoleContext& context) {
  static const std::map<std::string, void (*)(const RoleContext&)> roles{
      {"acknowledge-after-process", acknowledge_after_process},
      {"acknowledge-before-process", acknowledge_before_process},
      {"acknowledge-before-process-fenced", acknowledge_before_process_fenced},
      {"auditor", audit},
      {"auto-acknowledge", auto_acknowledge},
      {"conformance", hold_against_declaration},
      {"dedup-effect-first", dedup_effect_first},
      {"dedup-mark-first", dedup_mark_first},
      {"dedup-volatile", dedup_volatile},
      {"effect-in-transaction", effect_in_transaction},
      {"give-back-some", give_back_some},
      {"idempotent-upsert", idempotent_upsert},
      {"inbox-atomic", inbox_atomic},
      {"inbox-check-then-act", inbox_check_then_act},
      {"offset-after-produce", offset_after_produce},
      {"offset-before-produce", offset_before_produce},
      {"reject-some", reject_some},
      {"retry-until-acknowledged", retry_until_acknowledged},
      {"retry-with-sequence", retry_with_sequence},
      {"retry-with-stable-id", retry_with_stable_id},
      {"send-once-cursor-after", send_once_cursor_after},
      {"send-once-cursor-first", send_once_cursor_first},
      {"transaction-offset-outside-after", transaction_offset_outside_after},
      {"transaction-offset-outside-before", transaction_offset_outside_before},
      {"transaction-with-offsets", transaction_with_offsets},
      {"send-twice-with-stable-id", send_twice_with_stable_id},
  };
  const auto found = roles.find(context.configuration.role);
  if (found == roles.end()) throw std::runtime_error("there is no role \"" + context.configuration.role + "\"");
  found->second(context);
}

void announce_ready_and_await_go(const RoleContext& context) {
  context.control.send({{"type", "ready"}});
  const auto command = context.control.receive(Deadline::in(supervisor_silence));
  if (!command) throw std::runtime_error("supervisor said nothing after ready");
  if (command->at("type") != "go") reject(*command);
}

void require_one(const RoleContext& context, const std::string& key, std::int64_t value) {
  if (value == 1) return;
  throw std::runtime_error("the role " + context.configuration.role + " works with " + key + " 1, not " +
                           std::to_string(value));
}

void reject(const nlohmann::json& command) {
  throw std::runtime_error("supervisor broke the control protocol: " + command.dump().substr(0, 200));
}

LinkSetup link_setup(const RoleContext& context) {
  const AgentConfiguration& configuration = context.configuration;
  const auto note = [&context](const Notice& notice) {
    context.recorder.record(environment_event(notice.level, context.configuration.process, notice.line));
  };
  return {.address = configuration.address,
          .channel = configuration.channel,
          .group = configuration.group,
          .incarnation = incarnation_name(configuration.process, configuration.incarnation),
          .prefetch = configuration.prefetch,
          .settings = configuration.settings,
          .notice = note};
}

Event environment_event(const std::string& level, const std::string& source, const std::string& line) {
  return {.type = Type::environment, .level = level, .source = source, .line = line};
}

std::chrono::milliseconds request_timeout(const AgentConfiguration& configuration) {
  return std::chrono::milliseconds(configuration.request_timeout_ms);
}

void Progress::report(std::int64_t count) {
  if (count == reported_ || !due_.passed()) return;
  control_.send({{"type", "progress"}, {counted_, count}});
  reported_ = count;
  due_ = Deadline::in(progress_interval);
}

std::optional<Recognition> recognition_of(const AgentConfiguration& configuration) {
  if (configuration.recognise.empty()) return std::nullopt;
  return Recognition(configuration.recognise);
}

Identity identify(const std::string& bytes, const std::string& run, const std::optional<Recognition>& recognition) {
  if (recognition) {
    if (const auto message = recognition->message_in(bytes)) return {.message = *message};
  } else if (const auto payload = parse_payload(bytes); payload && payload->run == run) {
    return {.message = payload->message, .attempt = payload->attempt, .key = payload->key, .digest = digest(*payload)};
  }
  Payload alien;  // no header of ours, so all its bytes are body
  alien.body = bytes;
  return {.digest = digest(alien)};
}

}  // namespace assay
