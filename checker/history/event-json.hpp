// One line of JSON on its way to becoming an event, also when the line was cut
// off in the middle. Shared by event-json.cpp and json-lines.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "checker/history/event.hpp"

namespace assay {

// Takes nlohmann's tokens; each function answers whether to go on.
class EventTokens {
 public:
  const Event& event() const { return event_; }
  const std::string& fault() const { return fault_; }

  bool has(const std::string& name) const { return seen_.contains(name); }

  // Whether another field came behind this one, so that its value is all there:
  // "trial":1 at the end of a cut line may have been 12.
  bool has_whole(const std::string& name) const { return has(name) && name != name_; }

  bool key(std::string& name);
  bool string(std::string& text);
  bool number_integer(std::int64_t value) { return number(value); }
  bool number_unsigned(std::uint64_t value);
  bool number_float(double, const std::string&) { return refuse("is not a whole number"); }
  bool boolean(bool value);
  bool null() { return refuse("is null"); }
  bool binary(nlohmann::json::binary_t&) { return refuse("is binary"); }
  bool start_object(std::size_t);
  bool end_object() { return true; }
  bool start_array(std::size_t) { return refuse("is not a plain value"); }
  bool end_array() { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    return refuse_line(error.what());
  }

 private:
  bool number(std::int64_t value);
  template <typename Member, typename Value>
  bool put(const Value& value, const char* kind);
  bool refuse(const std::string& what);
  bool refuse_line(std::string what);

  Event event_;
  int depth_ = 0;
  std::string name_;
  std::string fault_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace assay
