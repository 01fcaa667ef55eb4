// The auditor is started after the drain and never faulted. It turns what lies
// in the sink and in the system into events: what counts as an effect or as
// stored is what it found there, never an agent's own word.
#include <chrono>
#include <optional>
#include <stdexcept>

#include "agents/roles/role.hpp"
#include "agents/sink/own-effects.hpp"
#include "checker/history/payload.hpp"

namespace assay {
namespace {

constexpr std::chrono::seconds backlog_timeout{25}, scan_timeout{60};

class Auditor {
 public:
  explicit Auditor(const RoleContext& context)
      : context_(context),
        configuration_(context.configuration),
        recognition_(recognition_of(configuration_)),
        link_(context.system.auditor(link_setup(context))) {
    if (configuration_.input_channel.empty()) return;
    input_ = context.system.auditor(input_setup());
  }

  void run() {
    if (input_) establish_input();
    announce_ready_and_await_go(context_);
    while (true) {
      const auto command = context_.control.receive(Deadline::in(supervisor_silence));
      if (!command) throw std::runtime_error("supervisor said nothing to the auditor");
      const auto& type = command->at("type");
      if (type == "bye") return;
      if (type == "backlog") {
        report_backlog();
      } else if (type == "scan") {
        scan();
      } else {
        reject(*command);
      }
    }
  }

 private:
  LinkSetup input_setup() const {
    auto setup = link_setup(context_);
    setup.channel = configuration_.input_channel;
    setup.group = configuration_.input_group;
    return setup;
  }

  // What is sent from now on is owed to the pipeline, however late that starts.
  void establish_input() { context_.system.consumer(input_setup())->open(Deadline::in(backlog_timeout)); }

  void report_backlog() {
    const Backlog backlog = record_backlog();
    context_.control.send({{"type", "backlog"},
                           {"ready", backlog.ready},
                           {"leased", backlog.leased},
                           {"delayed", backlog.delayed},
                           {"prepared", backlog.prepared}});
  }

  // The backlog behind the last row tells a whole scan from one cut short.
  void scan() {
    const std::int64_t rows = scan_sink();
    const std::int64_t copies = scan_system();
    scan_dead_letters();
    record_backlog();
    context_.control.send({{"type", "scanned"}, {"rows", rows}, {"copies", copies}});
  }

  std::int64_t scan_sink() {
    std::int64_t rows = 0;
    const auto visit = [&](const SinkRow& row) {
      record(row);
      ++rows;
    };
    const auto visit_own = [&](const OwnEffect& effect) { visit(with_digest(effect)); };
    if (!configuration_.effect_query.empty()) scan_query(configuration_.sink, configuration_.effect_query, visit_own);
    else if (!configuration_.effect_logs.empty()) scan_logs(configuration_.effect_logs, visit_own);
    else if (!configuration_.sink.empty()) Sink(configuration_.sink).scan(visit);
    link_->scan_effects(visit, Deadline::in(scan_timeout));
    return rows;
  }

  void record(const SinkRow& row) {
    Event event{.type = Type::sink_row,
                .message = row.message,
                .key = row.key,
                .digest = row.digest,
                .transaction = row.transaction,
                .position = std::to_string(row.position),
                .writer = row.writer,
                .committed = row.committed};
    if (row.part > 0) event.part = row.part;
    if (row.attempt > 0) event.attempt = row.attempt;  // an alien has none
    context_.recorder.record(std::move(event));
  }

  // Who tells the body and no key means the planned one.
  SinkRow with_digest(const OwnEffect& effect) const {
    SinkRow row = effect.row;
    if (!effect.body) return row;
    const auto key = row.key.empty() ? key_of(row.message, configuration_.keys, configuration_.seed) : row.key;
    if ((row.message + key).find('\n') != std::string::npos) return row;
    row.digest = digest({.run = configuration_.run, .message = row.message, .key = key, .body = *effect.body});
    return row;
  }

  std::int64_t scan_system() {
    std::int64_t copies = 0;
    const auto visit = [&](const StoredCopy& stored) {
      context_.recorder.record(row_of(stored));
      ++copies;
    };
    link_->scan(visit, Deadline::in(scan_timeout));
    return copies;
  }

  void scan_dead_letters() {
    const auto visit = [&](const StoredCopy& stored) {
      Event row = row_of(stored);
      row.kind = "dead-letter";
      row.status = stored.reason;
      context_.recorder.record(std::move(row));
    };
    link_->scan_dead_letters(visit, Deadline::in(scan_timeout));
  }

  Event row_of(const StoredCopy& stored) const {
    const Identity identity = identify(stored.bytes, configuration_.run, recognition_);
    return {.type = Type::stored_row,
            .message = identity.message,
            .key = identity.key,
            .digest = identity.digest,
            .attempt = identity.attempt,
            .copy = stored.copy,
            .committed = stored.committed};
  }

  // Of both channels around a pipeline, the first one first: what moves on in
  // between is then counted twice, where the other order would miss it.
  Backlog backlog_of_all() {
    const Backlog input = input_ ? input_->backlog(Deadline::in(backlog_timeout)) : Backlog{};
    Backlog sum = link_->backlog(Deadline::in(backlog_timeout));
    sum.ready += input.ready, sum.leased += input.leased, sum.delayed += input.delayed, sum.prepared += input.prepared;
    return sum;
  }

  Backlog record_backlog() {
    const Backlog backlog = backlog_of_all();
    context_.recorder.record({.type = Type::backlog,
                              .ready = backlog.ready,
                              .leased = backlog.leased,
                              .delayed = backlog.delayed,
                              .prepared = backlog.prepared});
    return backlog;
  }

  const RoleContext& context_;
  const AgentConfiguration& configuration_;
  std::optional<Recognition> recognition_;
  std::unique_ptr<AuditLink> link_;
  std::unique_ptr<AuditLink> input_;  // null: there is no pipeline
};

}  // namespace

void audit(const RoleContext& context) { Auditor(context).run(); }

}  // namespace assay
