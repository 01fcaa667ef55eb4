#include "cli/report-folder.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>

#include "cli/report-text.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_trend = 40;
constexpr std::size_t beginning = 200;  // bytes in which a report says what it is

bool begins_like_a_report(const fs::path& file) {
  std::array<char, beginning> bytes{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(bytes.data(), bytes.size());
  return std::string_view(bytes.data(), static_cast<std::size_t>(stream.gcount())).find("\"assay-report") != std::string_view::npos;
}

class Folder {
 public:
  explicit Folder(const fs::path& root) : root_(root) {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, ignored), end; at != end; at.increment(ignored))
      if (at->path().extension() == ".json" && at->is_regular_file(ignored)) files.push_back(at->path());
    // Short paths first: of two that are alike the one that somebody asked for is named.
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
      return std::pair(a.native().size(), a.native()) < std::pair(b.native().size(), b.native());
    });
    for (const auto& file : files)
      if (begins_like_a_report(file)) read(file);
  }

  Json index() {
    Json profiles = Json::array();
    for (auto& [key, runs] : found_) {
      std::stable_sort(runs.begin(), runs.end(), [](const Json& a, const Json& b) { return text_in(a, "started") < text_in(b, "started"); });
      Json entry = runs.back();
      Json trend = Json::array();
      for (std::size_t i = runs.size() - std::min(runs.size(), longest_trend); i < runs.size(); ++i)
        trend.push_back({{"verdict", runs[i]["verdict"]}, {"started", runs[i]["started"]}, {"file", runs[i]["file"]}});
      entry["count"] = runs.size();
      entry["runs"] = std::move(trend);
      profiles.push_back(std::move(entry));
    }
    return {{"folder", valid_utf8(root_.string())}, {"profiles", profiles}, {"unreadable", unreadable_}};
  }

 private:
  std::string relative(const fs::path& file) const { return valid_utf8(file.lexically_relative(root_).string()); }

  void read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const Json held = Json::parse(stream, nullptr, false);
    const std::string schema = text_in(held, "schema");
    if (schema == "assay-report/1") take(held, file);
    else if (schema == "assay-reports/1") for (const auto& report : list_in(held, "reports")) take(report, file);
    else unreadable_.push_back(relative(file));
  }

  void take(const Json& report, const fs::path& file) {
    if (!seen_.insert(digest_of(report)).second) return;
    const std::string profile = text_in(field(report, "profile"), "name"), claim = text_in(field(report, "claim"), "text");
    const auto page = fs::path(file).replace_extension(".html");
    std::int64_t windows = 0, lacking = 0, violating = 0;
    for (const auto& cell : list_in(report, "windows")) {
      violating += number_in(cell, "violating") > 0;
      if (number_in(cell, "floor") == 0) continue;
      ++windows;
      lacking += number_in(cell, "landed") < number_in(cell, "floor");
    }
    std::error_code ignored;
    found_[{profile, claim}].push_back({{"profile", profile},
                                        {"claim", claim},
                                        {"system", text_in(field(report, "system"), "name")},
                                        {"file", relative(file)},
                                        {"page", fs::is_regular_file(page, ignored) ? relative(page) : ""},
                                        {"result", result_name(report)},
                                        {"verdict", text_in(report, "verdict")},
                                        {"started", text_in(field(report, "environment"), "started")},
                                        {"landed", number_in(field(report, "faults"), "landed")},
                                        {"windows", windows},
                                        {"short", lacking},
                                        {"violating", violating}});
  }

  fs::path root_;
  std::set<std::string> seen_;
  std::map<std::pair<std::string, std::string>, std::vector<Json>> found_;
  Json unreadable_ = Json::array();
};

}  // namespace

bool is_folder_of_reports(const fs::path& path) {
  return fs::is_directory(path) && !fs::exists(path / "report.json") && !fs::exists(path / "manifest.json");
}

Json index_of(const fs::path& folder) {
  return Folder(folder).index();
}

std::string index_text(const Json& index, const Look& look) {
  std::string lines;
  for (const auto& entry : list_in(index, "profiles")) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& run : list_in(entry, "runs")) ++counts[text_in(run, "verdict")];
    std::string earlier;
    for (const auto& [verdict, count] : counts) earlier += (earlier.empty() ? "" : ", ") + grouped(count) + " " + verdict;
    const std::string line = text_in(entry, "result") + "  " + text_in(entry, "profile") + "  " + text_in(entry, "claim") + "  " +
                             grouped(number_in(entry, "landed")) + " faults  " + text_in(entry, "started") +
                             (number_in(entry, "count") > 1 ? "  (" + earlier + ")" : "");
    lines += cut(printable(line), look.columns, look) + "\n";
  }
  for (const auto& file : texts_in(index, "unreadable")) lines += cut("unreadable  " + printable(file), look.columns, look) + "\n";
  return lines;
}

}  // namespace assay
