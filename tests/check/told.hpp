// What `assay check` said, without what differs from run to run.
#pragma once

#include <string>
#include <vector>

#include "tests/system/workbench.hpp"

namespace assay {

struct Told {
  int code = -1;
  std::string text;  // the seconds behind the verdict are left out, and all from "not judged" on
  bool operator==(const Told&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Told& told);

// assay check ARGUMENTS
Told check(const Bench& bench, std::vector<std::string> arguments);

// The same with everything behind "not judged", too.
Told check_to_the_end(const Bench& bench, std::vector<std::string> arguments);

// assay check ARGUMENTS, which are refused: the code and the complaint.
Told refused(const Bench& bench, std::vector<std::string> arguments);

}  // namespace assay
