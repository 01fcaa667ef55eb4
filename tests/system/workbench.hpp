// Runs the built assay as a user would, in a directory of its own.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agents/os/child-process.hpp"

namespace assay {

// A private directory, removed when the test passes and kept when it fails.
class Bench {
 public:
  Bench();
  ~Bench();

  const std::filesystem::path& directory() const { return directory_; }

  struct Outcome {
    int code = -1;
    std::string output, errors;
  };

  // Runs `assay ARGUMENTS` here and waits for its end. What it wrote for --report
  // is held against the schema of reports.
  Outcome assay(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {}) const;

  // The same with --report, whose contents come back parsed.
  Outcome run(std::vector<std::string> arguments, nlohmann::ordered_json& report,
              const std::map<std::string, std::string>& environment = {}) const;

  // Writes a file here and returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path directory_;
};

std::filesystem::path assay_program();
std::string profile(const std::string& name);  // the path of one of ours

// Every process that carries this mark in its environment.
std::vector<int> processes_with(const std::string& mark);

// What the process calls itself, like "consumer-0#1"; empty when it has gone.
std::string process_name(int pid);

}  // namespace assay
