#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include "cli/scratch.hpp"
#include "tests/files.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

// As a run leaves it that was killed together with its janitor.
fs::path abandoned(const fs::path& place, const std::string& name = "assay-scratch-k1lL3d") {
  fs::create_directories(place / name / "1" / "j0");
  std::ofstream(place / name / "1" / "j0" / "history") << "left behind\n";
  fs::permissions(place / name, fs::perms::owner_all);
  return place / name;
}

}  // namespace

TEST_CASE("a scratch directory is removed when nobody holds it any more") {
  const TemporaryDirectory folder;
  const auto left = abandoned(folder.path());
  remove_abandoned(folder.path());
  CHECK_FALSE(fs::exists(left));
}

TEST_CASE("a scratch directory that somebody holds stays, until the last one lets go") {
  const TemporaryDirectory folder;
  auto scratch = Scratch::make(folder.path());
  Descriptor shared(dup(scratch.lock().get()));
  scratch.hand_over_lock().reset();
  remove_abandoned(folder.path());
  CHECK(fs::exists(scratch.directory()));

  shared.reset();
  remove_abandoned(folder.path());
  CHECK_FALSE(fs::exists(scratch.directory()));
}

TEST_CASE("what only looks like an abandoned scratch directory stays") {
  const TemporaryDirectory folder;
  const auto& place = folder.path();
  fs::path looks;

  SUBCASE("a symbolic link to one") {
    const auto elsewhere = abandoned(place, "elsewhere");
    looks = place / "assay-scratch-aaaaaa";
    fs::create_directory_symlink(elsewhere, looks);
  }
  SUBCASE("one that others may enter") {
    looks = abandoned(place);
    fs::permissions(looks, fs::perms::group_exec, fs::perm_options::add);
  }
  SUBCASE("one of another user") {
    looks = abandoned(place);
    if (geteuid() != 0 || chown(looks.c_str(), 12345, 12345) != 0) return;
  }
  SUBCASE("a file") {
    looks = place / "assay-scratch-aaaaaa";
    std::ofstream(looks) << "precious\n";
    fs::permissions(looks, fs::perms::owner_all);
  }
  SUBCASE("a run that is kept") { looks = abandoned(place, "assay-run-aaaaaa"); }
  SUBCASE("a longer name") { looks = abandoned(place, "assay-scratch-aaaaaa-2"); }
  SUBCASE("a name that is not drawn") { looks = abandoned(place, "assay-scratch-old.ok"); }

  remove_abandoned(place);
  CHECK(fs::exists(fs::symlink_status(looks)));
  if (fs::is_directory(looks)) CHECK(fs::exists(looks / "1/j0/history"));
}

TEST_CASE("a directory is never taken for abandoned while it is made") {
  const TemporaryDirectory folder;
  std::atomic<bool> done = false;
  std::jthread others([&] {
    while (!done) remove_abandoned(folder.path());
  });
  int disturbed = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto scratch = Scratch::make(folder.path());
    std::ofstream(scratch.directory() / "file") << "of a run\n";
    disturbed += !fs::exists(scratch.directory() / "file");
    scratch.remove();
  }
  done = true;
  CHECK(disturbed == 0);
}
