// What zygote-test starts: each of its children does what its words say.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <unistd.h>

#include "agents/os/zygote.hpp"

int main() {
  static int children = 0;  // of this process and of what it was forked from
  const auto words = assay::be_zygote();
  ++children;
  const auto& verb = words.at(0);
  if (verb == "exit") return std::stoi(words.at(1));
  if (verb == "wait") pause();
  if (verb == "tell") {
    const char* value = std::getenv(words.at(1).c_str());
    std::cout << words.size() << " words, " << words.at(1) << "=" << (value ? value : "") << ", in "
              << std::filesystem::current_path().string() << ", parent " << getppid() << ", child number " << children << std::endl;
  }
  if (verb == "write") {
    const int descriptor = std::stoi(std::getenv(words.at(1).c_str()));
    return ::write(descriptor, "hello", 5) == 5 ? 0 : 1;
  }
  if (verb == "leak") {  // descriptors that it should not have: 3 and above
    int open = 0;
    for (int descriptor = 3; descriptor < 64; ++descriptor) open += dup2(descriptor, descriptor) == descriptor;
    return open;
  }
  return 0;
}
