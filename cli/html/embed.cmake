# Puts the page's style and script into a source, as they are.
#
# cmake -D FOLDER=cli/html -D OUTPUT=page-files.cpp -P embed.cmake
cmake_minimum_required(VERSION 3.25)
set(source "#include \"cli/html/page-files.hpp\"\n\nnamespace assay::html {\n")
foreach(file css js)
  file(READ ${FOLDER}/page.${file} text)
  string(APPEND source "\nconst char* const page_${file} = R\"page(${text})page\";\n")
endforeach()
file(WRITE ${OUTPUT} "${source}\n}  // namespace assay::html\n")
