#include <doctest/doctest.h>

#include <string>

#include "checker/history/store.hpp"
#include "tests/history/samples.hpp"
#include "tests/history/stored-run.hpp"

using namespace assay;

namespace {

std::string complaint_about(const std::filesystem::path& directory) {
  try {
    read_run(directory);
  } catch (const DamagedHistory& damage) {
    return damage.what();
  }
  return "none";
}

std::string about(const std::filesystem::path& path, const std::string& what) {
  return "damaged history " + path.string() + ": " + what;
}

}  // namespace

TEST_CASE("a stored run comes back with its plan and its trials in their order") {
  const TemporaryDirectory directory;
  const StoredRun stored = store_sample_run(directory.path());
  const StoredRun run = read_run(directory.path());
  CHECK(run.plan == stored.plan);
  CHECK(run.end == stored.end);
  CHECK(run.trials == stored.trials);
}

TEST_CASE("a manifest comes back") {
  const TemporaryDirectory directory;
  const Manifest manifest{.end = RunEnd::interrupted,
                          .files = {{.name = "plan.json", .bytes = 2, .sha256 = "00", .sections = {}},
                                    {.name = "trials/1.hist",
                                     .bytes = 99,
                                     .sha256 = "11",
                                     .sections = {{.incarnation = "c0#1", .last_n = 5, .torn = 1}}}}};
  write_manifest(manifest, directory.path());
  CHECK(read_manifest(directory.path()) == manifest);
  write_manifest(Manifest{}, directory.path());
  CHECK(read_manifest(directory.path()) == Manifest{});
}

TEST_CASE("a packed file is described by its length, its sha256 and its incarnations") {
  const TemporaryDirectory directory;
  put_bytes(directory / "abc", "abc");
  const Trial trial = sample_trial();
  CHECK(describe_file(directory.path(), "abc", &trial) ==
        StoredFile{.name = "abc",
                   .bytes = 3,
                   .sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",  // FIPS 180-2
                   .sections = {{.incarnation = "producer-0#1", .last_n = 4, .torn = 0},
                                {.incarnation = "producer-0#2", .last_n = 3, .torn = 1},
                                {.incarnation = "consumer-0#1", .last_n = 1, .torn = 0},
                                {.incarnation = "auditor#1", .last_n = 0, .torn = 0}}});
}

TEST_CASE("a run whose files are not those of its manifest is damaged") {
  const TemporaryDirectory directory;
  store_sample_run(directory.path());
  const auto first = directory / "trials" / "000012.hist";

  SUBCASE("a trial is missing") {
    std::filesystem::remove(first);
    CHECK(complaint_about(directory.path()) == about(first, "open: No such file or directory"));
  }
  SUBCASE("all trials are missing") {
    std::filesystem::remove_all(directory / "trials");
    CHECK(complaint_about(directory.path()) == about(first, "open: No such file or directory"));
  }
  SUBCASE("the plan is missing") {
    std::filesystem::remove(directory / "plan.json");
    CHECK(complaint_about(directory.path()) == about(directory / "plan.json", "open: No such file or directory"));
  }
  SUBCASE("the manifest is missing") {
    std::filesystem::remove(directory / "manifest.json");
    CHECK(complaint_about(directory.path()) == about(directory / "manifest.json", "open: No such file or directory"));
  }
  SUBCASE("there is a trial too many") {
    put_bytes(directory / "trials" / "000099.hist", "");
    CHECK(complaint_about(directory.path()) ==
          about(directory / "trials" / "000099.hist", "the manifest does not name it"));
  }
  SUBCASE("a trial was written anew with an event less") {
    Trial cut = read_packed(first);
    cut.recordings[0].events.pop_back();
    write_packed(cut, first);
    CHECK(complaint_about(directory.path()).starts_with(about(first, "it has ")));
  }
  SUBCASE("a trial was replaced by another of the same length") {
    Trial other = read_packed(first);
    other.recordings[0].events[0].message.back() = '9';
    write_packed(other, first);
    CHECK(complaint_about(directory.path()) == about(first, "its sha256 is not what the manifest says"));
  }
}

TEST_CASE("a manifest that does not agree with what the packed file says is damage, sealed or not") {
  const TemporaryDirectory directory;
  store_sample_run(directory.path());
  Manifest manifest = read_manifest(directory.path());
  auto& sections = manifest.files.at(1).sections;
  SUBCASE("last n") { sections.at(0).last_n += 1; }
  SUBCASE("torn") { sections.at(0).torn += 1; }
  SUBCASE("incarnation") { sections.at(0).incarnation = "producer-0#3"; }
  SUBCASE("a section less") { sections.pop_back(); }
  write_manifest(manifest, directory.path());
  CHECK(complaint_about(directory.path()) ==
        about(directory / "trials" / "000012.hist", "its incarnations are not what the manifest says"));
}

TEST_CASE("a manifest with names that cannot be is refused") {
  const TemporaryDirectory directory;
  store_sample_run(directory.path());
  Manifest manifest = read_manifest(directory.path());
  const auto path = directory / "manifest.json";

  SUBCASE("outside of the run") {
    manifest.files.at(1).name = "trials/../../secret";
    write_manifest(manifest, directory.path());
    CHECK(complaint_about(directory.path()) == about(path, "it names a file outside of the run: trials/../../secret"));
  }
  SUBCASE("from the root") {
    manifest.files.at(1).name = "/secret";
    write_manifest(manifest, directory.path());
    CHECK(complaint_about(directory.path()) == about(path, "it names a file outside of the run: /secret"));
  }
  SUBCASE("twice") {
    manifest.files.push_back(manifest.files.at(1));
    write_manifest(manifest, directory.path());
    CHECK(complaint_about(directory.path()) == about(path, "it names a file twice: trials/000012.hist"));
  }
  SUBCASE("no plan") {
    manifest.files.erase(manifest.files.begin());
    write_manifest(manifest, directory.path());
    CHECK(complaint_about(directory.path()) == about(path, "it does not name plan.json first"));
  }
}
