// Text from outside inside Markdown: it stays where it is put, calls nobody and
// links to nothing.
#pragma once

#include <string>

namespace assay {

// Part of a line, also inside a table. Cut to a few hundred columns.
std::string prose(const std::string& foreign);

// `as it is`, also inside a table, where a bar would end the cell.
std::string code_span(const std::string& foreign);

// Lines as they are, each made safe to show.
std::string fenced(const std::string& language, const std::string& lines);

// What is shown only when asked for. `title` is ours.
std::string folded(const std::string& title, const std::string& text);

}  // namespace assay
