// Whether the user's own programs call messages and copies what everybody else
// calls them. A trial without a fault shows it: who reads or writes another form
// would otherwise look like a system that loses all and invents the rest.
#pragma once

#include <string>
#include <vector>

#include "checker/history/trial.hpp"
#include "cli/profile.hpp"

namespace assay {

// What is misunderstood, for people; empty: nothing that shows. `recordings` is
// what all processes of a control trial have put on record, the harness included.
std::string misunderstanding_in(const std::vector<Recording>& recordings, const Profile& profile);

}  // namespace assay
