#include <iostream>

#include "cli/commands.hpp"
#include "cli/profile-text.hpp"
#include "cli/schema.hpp"

namespace assay {
namespace {

nlohmann::ordered_json schema_for(const SchemaRequest& request) {
  const auto& [what, system] = request;
  if (what == "profile") return system.empty() ? profile_schema() : profile_schema(describe_system(system));
  if (what == "report" || what == "history") {
    if (!system.empty()) throw UsageError("schema " + what + " --system " + system + ": only a profile has a system");
    return what == "report" ? report_schema() : history_schema();
  }
  throw UsageError((what.empty() ? "schema: of what?" : "schema: there is none of \"" + what + "\"") +
                   suggestion(what, {"profile", "report", "history"}));
}

}  // namespace

int schema_command(const SchemaRequest& request) {
  std::cout << schema_for(request).dump(2) << "\n" << std::flush;
  return 0;
}

}  // namespace assay
