# Which source a report came from: run by every build, and writes OUTPUT only
# when that has changed. A source folder that is no repository of its own, as an
# unpacked archive inside of another's, says nothing.
#
# cmake -D SOURCE=folder -D VERSION=0.1.0 -D OUTPUT=version.hpp -P version.cmake
cmake_minimum_required(VERSION 3.25)
set(ASSAY_GIT "")
if(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git --no-optional-locks describe --always --dirty WORKING_DIRECTORY ${SOURCE}
                  OUTPUT_VARIABLE ASSAY_GIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
configure_file(${SOURCE}/cli/version.hpp.in ${OUTPUT} @ONLY)
