// Holds a JUnit file against junit.xsd, and reads its cases.
#pragma once

#include <regex>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "tests/files.hpp"

namespace assay {

// What xmllint finds wrong with it; empty when it is valid.
inline std::string faults_in_junit(const std::string& xml) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "junit.xml", std::ios::binary) << xml;
  const Command lint{.argv = {"xmllint", "--noout", "--huge", "--schema", ASSAY_SOURCE_DIR "/tests/junit/junit.xsd",
                              (folder / "junit.xml").string()}};
  const auto finished = run_to_end(lint, Deadline::in(std::chrono::seconds(60)));
  const bool valid = finished.end.kind == Change::Kind::exited && finished.end.value == 0;
  return valid ? "" : "xmllint: " + finished.errors;
}

// "NAME: passed", "NAME: failure TYPE" or "NAME: error TYPE", in their order.
inline std::vector<std::string> cases_in(const std::string& xml) {
  static const std::regex one("<testcase classname=\"[^\"]*\" name=\"([^\"]*)\" time=\"0\"(/>|>\\n<(failure|error) type=\"([^\"]*)\")");
  std::vector<std::string> cases;
  for (std::sregex_iterator found(xml.begin(), xml.end(), one), end; found != end; ++found)
    cases.push_back((*found)[1].str() + ": " + ((*found)[2] == "/>" ? "passed" : (*found)[3].str() + " " + (*found)[4].str()));
  return cases;
}

}  // namespace assay
