// assay-fake: a fake system behind the five verbs; FAKE_SCRIPT names its script.
#include <cstdlib>

#include <unistd.h>

#include "tests/roles/fake-system.hpp"

int main(int argc, char** argv) {
  ::alarm(30);  // every wait of a test for this process ends
  auto system = assay::FakeSystem::read(std::getenv("FAKE_SCRIPT"));
  return assay::run_verbs(system, argc, argv);
}
