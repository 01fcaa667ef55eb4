// page.css and page.js, put into the program by the build.
#pragma once

namespace assay::html {

extern const char* const page_css;
extern const char* const page_js;

}  // namespace assay::html
