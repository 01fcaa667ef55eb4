#include "cli/html/frame.hpp"

#include "checker/history/files.hpp"
#include "cli/html/page-files.hpp"

namespace assay::html {
namespace {

std::string base64_of_hex(const std::string& hex) {
  static const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char digit : hex) {
    bits = (bits << 4) | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    for (held += 4; held >= 6; held -= 6) out += letters[(bits >> (held - 6)) & 63u];
  }
  if (held > 0) out += letters[(bits << (6 - held)) & 63u];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

// Nothing but our one style and our one script: no request, no markup of others that does anything.
std::string policy() {
  const auto source = [](const char* file) { return "'sha256-" + base64_of_hex(sha256_of(file)) + "'"; };
  return "default-src 'none'; style-src " + source(page_css) + "; script-src " + source(page_js) +
         "; base-uri 'none'; form-action 'none'";
}

Markup head(const std::string& title) {
  return element("head", {},
                 leaf("meta", {{"charset", "utf-8"}}) +
                     leaf("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy()}}) +
                     leaf("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}) +
                     leaf("meta", {{"name", "color-scheme"}, {"content", "light dark"}}) + element("title", {}, title) +
                     element("style", {}, our_own(page_css)));
}

}  // namespace

std::string page_of(const std::string& title, const std::string& when, const Links& links, const Markup& sections,
                    const std::string& foot) {
  Markup list;
  for (const auto& [target, name] : links) list += element("a", {{"href", "#" + target}}, name) + text(" ");
  Markup top = element("b", {}, "assay") + text(" ") + element("nav", {{"aria-label", "sections"}}, list);
  if (!when.empty()) top += element("span", {}, when);
  const Markup body = element("body", {},
                              element("a", {{"class", "skip"}, {"href", "#content"}}, "skip to the result") +
                                  element("header", {}, top) + element("main", {{"id", "content"}}, sections) +
                                  element("footer", {}, whole(foot)) + element("script", {}, our_own(page_js)));
  return "<!DOCTYPE html>\n" +
         element("html", {{"lang", "en"}, {"xmlns", "http://www.w3.org/1999/xhtml"}}, head(title) + body).bytes();
}

}  // namespace assay::html
