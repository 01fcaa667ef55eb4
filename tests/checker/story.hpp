// A small language for histories, so that a test reads like what happened.
//
//     PROCESS[#INCARNATION] EVENT [MESSAGE] [FIELD=VALUE ...]
//
// One line an event, one microsecond a line; "after 5000 ms" lets time pass.
// PROCESS: p, p1 = producer-0, producer-1; c, c1 = consumer-0, consumer-1;
// harness, auditor, broker. EVENT is the short name of checker/history (send.ok, deliver, sink.row). MESSAGE:
// m3 is 1/producer-0/3, n3 is 1/producer-1/3, canary is 1/producer-0/canary-1,
// canary2 the next one.
// What a line does not say gets a value that fits: digest and key of the
// message, attempt 1, copy q/N of m N, tag N, session of the incarnation.
#pragma once

#include <string>

#include "checker/judge.hpp"

namespace assay {

Trial story(const std::string& text);

// The end of a trial in which all is well: a canary comes through, the backlog
// is empty twice, everybody finishes, the auditor scans. `rows` are its finds,
// as "sink.row m1" lines without the process.
std::string good_end(const std::string& rows = "");

// good_end's first half and second half, to put something in between.
std::string canary_and_backlog();
std::string farewell(const std::string& rows = "");

Ground queue_ground();

}  // namespace assay
