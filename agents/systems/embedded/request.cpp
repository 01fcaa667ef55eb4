#include "agents/systems/embedded/request.hpp"

#include <utility>

namespace assay::embedded {
namespace {

using nlohmann::json;

// Stops at the first nested value: the library's own reader follows nesting by
// recursion, and a kilobyte per level would be a stranger's to spend.
class FlatReader : public nlohmann::json_sax<json> {
 public:
  json fields = json::object();

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& value) override { return put(json(std::move(value))); }
  bool start_object(std::size_t) override { return !std::exchange(inside_, true); }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return false; }
  bool end_array() override { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool put(json value) {
    if (inside_) fields[key_] = std::move(value);
    return inside_;
  }

  bool inside_ = false;
  std::string key_;
};

}  // namespace

Request::Request(std::span<const std::uint8_t> message) {
  FlatReader reader;
  if (!json::sax_parse(message.begin(), message.end(), &reader, json::input_format_t::msgpack))
    throw Refused("not a flat MessagePack map");
  fields_ = std::move(reader.fields);
}

const json& Request::field(const char* name) const {
  const auto it = fields_.find(name);
  if (it == fields_.end()) throw Refused(std::string("no field ") + name);
  return *it;
}

const std::string& Request::text(const char* name) const {
  const auto& value = field(name);
  if (!value.is_string()) throw Refused(std::string(name) + " must be a string");
  return value.get_ref<const std::string&>();
}

const Bytes& Request::bytes(const char* name) const {
  const auto& value = field(name);
  if (!value.is_binary()) throw Refused(std::string(name) + " must be binary");
  return value.get_binary();
}

std::int64_t Request::number(const char* name, std::int64_t least, std::int64_t most) const {
  const auto& value = field(name);
  const bool too_high = value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most);
  if (!value.is_number_integer() || too_high || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
    throw Refused(std::string(name) + " must be an integer from " + std::to_string(least) + " to " +
                  std::to_string(most));
  return value.get<std::int64_t>();
}

}  // namespace assay::embedded
