// The script of a fake system as a file. CBOR, because bytes need not be text.
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "tests/roles/fake-system.hpp"

namespace nlohmann {

template <typename Value>
struct adl_serializer<std::optional<Value>> {
  static void to_json(json& out, const std::optional<Value>& value) { value ? out = *value : out = nullptr; }
  static void from_json(const json& in, std::optional<Value>& value) {
    if (in.is_null()) return value.reset();
    value = in.get<Value>();
  }
};

}  // namespace nlohmann

namespace assay {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SessionOpened, session)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Delivery, bytes, copy, session, tag, asked, redelivered, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Received, opened, delivery, unanswered, answered_empty)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StoredCopy, copy, bytes, committed, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Backlog, ready, leased, delayed, prepared)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SinkRow, message, attempt, key, digest, writer, position, part, transaction, committed)

void FakeSystem::write(const std::filesystem::path& script) const {
  const nlohmann::json all = {{"fates", fates},       {"newest_first", newest_first}, {"stored", stored.string()},
                              {"arrivals", arrivals}, {"acks", acks},                 {"acked", acked.string()},
                              {"fenced", fenced},     {"copies", copies},             {"backlog", backlog},
                              {"unanswered_acks_count", unanswered_acks_count},       {"together", together},
                              {"lost_puts", lost_puts}, {"effects", effects},         {"steps", steps},
                              {"output", output.string()}, {"fences", fences},
                              {"dead_letters", dead_letters}, {"duplicates", duplicates}};
  const auto bytes = nlohmann::json::to_cbor(all);
  std::ofstream file(script, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("write " + script.string());
}

FakeSystem FakeSystem::read(const std::filesystem::path& script) {
  std::ifstream file(script, std::ios::binary);
  const auto all = nlohmann::json::from_cbor(std::string(std::istreambuf_iterator<char>(file), {}));
  FakeSystem system;
  all.at("fates").get_to(system.fates);
  all.at("newest_first").get_to(system.newest_first);
  system.stored = all.at("stored").get<std::string>();
  all.at("arrivals").get_to(system.arrivals);
  system.acked = all.at("acked").get<std::string>();
  all.at("acks").get_to(system.acks);
  all.at("unanswered_acks_count").get_to(system.unanswered_acks_count);
  all.at("fenced").get_to(system.fenced);
  all.at("copies").get_to(system.copies);
  all.at("backlog").get_to(system.backlog);
  all.at("together").get_to(system.together);
  all.at("lost_puts").get_to(system.lost_puts);
  all.at("effects").get_to(system.effects);
  all.at("steps").get_to(system.steps);
  system.output = all.at("output").get<std::string>();
  all.at("fences").get_to(system.fences);
  all.at("dead_letters").get_to(system.dead_letters);
  all.at("duplicates").get_to(system.duplicates);
  return system;
}

}  // namespace assay
