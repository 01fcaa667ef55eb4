// The fields of an event as a constant: event.hpp hands it out as fields(), the
// codec unrolls it. A field's place is its number in binary files: append only.
#pragma once

#include "checker/history/event.hpp"

namespace assay {

inline constexpr Field field_table[] = {
    {"message", &Event::message},
    {"key", &Event::key},
    {"digest", &Event::digest},
    {"flags", &Event::flags},
    {"attempt", &Event::attempt},
    {"channel", &Event::channel},
    {"transaction", &Event::transaction},
    {"copy", &Event::copy},
    {"error", &Event::error},
    {"session", &Event::session},
    {"group", &Event::group},
    {"position", &Event::position},
    {"tag", &Event::tag},
    {"asked", &Event::asked},
    {"redelivered", &Event::redelivered},
    {"count", &Event::count},
    {"writer", &Event::writer},
    {"committed", &Event::committed},
    {"kind", &Event::kind},
    {"trigger", &Event::trigger},
    {"target", &Event::target},
    {"last_point", &Event::last_point},
    {"wait_status", &Event::wait_status},
    {"in_flight", &Event::in_flight},
    {"window", &Event::window},
    {"pid", &Event::pid},
    {"status", &Event::status},
    {"empty", &Event::empty},
    {"ready", &Event::ready},
    {"leased", &Event::leased},
    {"delayed", &Event::delayed},
    {"prepared", &Event::prepared},
    {"level", &Event::level},
    {"source", &Event::source},
    {"line", &Event::line},
    {"part", &Event::part},
    {"name", &Event::name},
    {"epoch", &Event::epoch},
    {"duplicate", &Event::duplicate},
    {"bytes", &Event::bytes},
    {"connections", &Event::connections},
};

}  // namespace assay
