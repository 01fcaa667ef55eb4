// How long a check of two lists takes, a million ids each, against what people
// would do by hand: `sort | uniq` of the same files, which finds repeated lines
// and no lost one. Rounds are interleaved; one JSON line with medians.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace fs = std::filesystem;

namespace {

constexpr int rounds = 3;

void write_lists(const fs::path& directory) {
  std::vector<std::uint32_t> order(1'000'000);
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto write = [&](const fs::path& path) {
    std::ofstream file(path);
    for (const auto id : order) file << "order-" << id << "-" << (id * 2654435761U) << "\n";
  };
  write(directory / "sent");
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  write(directory / "received");
}

double seconds_of(const std::string& command) {
  const auto began = std::chrono::steady_clock::now();
  if (std::system(command.c_str()) != 0) throw std::runtime_error("this did not end well: " + command);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int, char** argv) {
  std::string name = (fs::temp_directory_path() / "assay-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("make directory " + name);
  const fs::path directory = name;
  write_lists(directory);
  const auto assay = fs::absolute(argv[0]).parent_path() / "assay";
  const std::string in = "cd " + name + " && ";
  std::vector<double> check, sort;
  for (int round = 0; round < rounds; ++round) {
    check.push_back(seconds_of(in + assay.string() + " check --sent sent --received received --complete --claim exactly-once --quiet >out"));
    sort.push_back(seconds_of(in + "sort sent | uniq >out && sort received | uniq >out"));
  }
  std::cout << "{\"check_s\":" << median(check) << ",\"sort_uniq_s\":" << median(sort)
            << ",\"check_to_sort_uniq\":" << median(check) / median(sort) << "}\n";
  fs::remove_all(directory);
}
