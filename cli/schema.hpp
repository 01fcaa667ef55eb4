// JSON Schemas (draft-07) of what assay reads and writes, for editors and for
// programs that read reports. They are made from the tables that do the reading
// and the writing, and say what a schema can say; assay checks the rest.
#pragma once

#include <nlohmann/json.hpp>

#include "cli/profile.hpp"

namespace assay {

// Of a profile. With a system its settings are described, too, and no other
// system fits.
nlohmann::ordered_json profile_schema();
nlohmann::ordered_json profile_schema(const SystemDescription& system);

// Of assay-report/1, and of assay-reports/1, which holds several.
nlohmann::ordered_json report_schema();

// Of one line of a history as JSON lines.
nlohmann::ordered_json history_schema();

}  // namespace assay
