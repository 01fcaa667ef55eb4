// Reads a page as others would: as XML, as text without style and script, as a
// browser that holds it against its own policy.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "tests/files.hpp"

namespace assay {

// What xmllint finds wrong with it as XML; empty when it is well-formed.
inline std::string faults_in_markup(const std::string& page) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "page.xml", std::ios::binary) << page;
  const Command lint{.argv = {"xmllint", "--noout", "--huge", "--nonet", (folder / "page.xml").string()}};
  const auto finished = run_to_end(lint, Deadline::in(std::chrono::seconds(60)));
  const bool valid = finished.end.kind == Change::Kind::exited && finished.end.value == 0;
  return valid ? "" : "xmllint: " + finished.errors;
}

inline std::vector<std::string> between(const std::string& page, const std::string& start, const std::string& end) {
  std::vector<std::string> parts;
  for (auto at = page.find(start); at != std::string::npos; at = page.find(start, at + 1)) {
    const auto from = at + start.size();
    parts.push_back(page.substr(from, page.find(end, from) - from));
  }
  return parts;
}

// "<td class="number">" and the like, outside of style and script.
inline std::vector<std::string> tags_in(const std::string& page) {
  std::vector<std::string> tags;
  bool ours = false;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::string tag = page.substr(at, page.find('>', at) + 1 - at);
    if (tag.starts_with("</style") || tag.starts_with("</script")) ours = false;
    if (!ours) tags.push_back(tag);
    if (tag.starts_with("<style") || tag.starts_with("<script")) ours = true;
  }
  return tags;
}

// The names of all attributes that are there.
inline std::set<std::string> attributes_in(const std::string& page) {
  std::set<std::string> names;
  for (const auto& tag : tags_in(page)) {
    bool quoted = false;
    std::string word;
    for (const char c : tag) {
      if (c == '"') quoted = !quoted;
      if (quoted) continue;
      if (c == '=') names.insert(word);
      if (c == ' ' || c == '=')
        word.clear();
      else
        word += c;
    }
  }
  return names;
}

// What is left to read where style and script were taken out, with single
// spaces. Only blocks and cells part words by themselves.
inline std::string words_in(const std::string& page) {
  std::string words;
  const auto add = [&](const char c) {
    const char shown = c == '\n' ? ' ' : c;
    if (shown != ' ' || (!words.empty() && words.back() != ' ')) words += shown;
  };
  static const std::map<std::string, char> entities{{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&amp;", '&'}};
  for (std::size_t at = 0; at < page.size();) {
    if (page[at] == '&') {
      const std::string entity = page.substr(at, page.find(';', at) + 1 - at);
      add(entities.at(entity));
      at += entity.size();
      continue;
    }
    if (page[at] != '<') {
      add(page[at++]);
      continue;
    }
    const std::string tag = page.substr(at, page.find('>', at) + 1 - at);
    at += tag.size();
    for (const std::string own : {"style", "script"})
      if (tag.starts_with("<" + own)) at = page.find("</" + own, at);
    if (tag.starts_with("</t") || tag.starts_with("</d")) add(' ');
  }
  return words;
}

inline std::string heading_of(const std::string& page) {
  const auto headings = between(page, "<h1>", "</h1>");
  return headings.size() == 1 ? words_in(headings[0]) : "";
}

}  // namespace assay
