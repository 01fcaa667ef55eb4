// The packed form of a trial: checksummed blocks, see format.md.
#include <cassert>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "checker/history/bytes.hpp"
#include "checker/history/event-codec.hpp"
#include "checker/history/files.hpp"
#include "checker/history/store.hpp"

namespace assay {
namespace {

constexpr std::string_view packed_magic = "ASSAYPAK";
constexpr std::uint32_t packed_version = 1;
constexpr std::size_t block_limit_bytes = 64 * 1024;
static_assert(event_limit_bytes + 2 * varint_limit_bytes + 1 <= block_limit_bytes);

// The first byte of a block. A file is one trial, sections each followed by
// its records, one end.
enum class Block : std::uint8_t { trial = 'T', section = 'S', records = 'R', end = 'E' };

struct Written {
  std::uint64_t blocks = 0;
  std::uint64_t events = 0;
};

std::string begin_block(Block kind) { return std::string(1, static_cast<char>(kind)); }

void put_number(std::int64_t value, std::string& out) { put_varint(zigzag(value), out); }

void put_text(std::string_view text, std::string& out) {
  put_varint(text.size(), out);
  out.append(text);
}

// Writing -----------------------------------------------------------------

class Packer {
 public:
  std::string pack(const Trial& trial) {
    out_.append(packed_magic);
    put_u32(packed_version, out_);

    std::string first = begin_block(Block::trial);
    put_number(trial.number, first);
    put_block(first);
    for (std::size_t i = 0; i < trial.recordings.size(); ++i) {
      put_section(trial.recordings[i]);
      put_records(i, trial.recordings[i]);
    }
    std::string last = begin_block(Block::end);
    put_varint(written_.blocks, last);
    put_varint(trial.recordings.size(), last);
    put_varint(written_.events, last);
    put_block(last);
    return std::move(out_);
  }

 private:
  void put_section(const Recording& recording) {
    std::string block = begin_block(Block::section);
    put_text(recording.process, block);
    put_number(recording.incarnation, block);
    put_number(recording.trial, block);
    put_varint(static_cast<std::uint64_t>(recording.ending), block);
    put_varint(static_cast<std::uint64_t>(recording.last_window), block);
    put_varint(recording.hits.size(), block);
    for (const auto& [window, count] : recording.hits) {
      put_varint(static_cast<std::uint64_t>(window), block);
      put_number(count, block);
    }
    put_number(recording.torn, block);
    put_text(recording.damage, block);
    put_varint(recording.events.size(), block);
    put_block(block);
  }

  void put_records(std::size_t section, const Recording& recording) {
    std::string header = begin_block(Block::records);
    put_varint(section, header);
    std::string block = header;
    std::string record;
    for (const Event& event : recording.events) {
      assert(event.process == recording.process && event.incarnation == recording.incarnation &&
             event.trial == recording.trial);
      record.clear();
      encode(event, record);
      if (block.size() + varint_limit_bytes + record.size() > block_limit_bytes) {
        put_block(block);
        block = header;
      }
      put_text(record, block);
      ++written_.events;
    }
    if (block.size() > header.size()) put_block(block);
  }

  void put_block(const std::string& block) {
    if (block.size() > block_limit_bytes)
      throw std::length_error("pack a history: a block of " + std::to_string(block.size()) + " bytes is too long");
    put_u32(static_cast<std::uint32_t>(block.size()), out_);
    put_u32(checksum(std::as_bytes(std::span(block))), out_);
    out_.append(block);
    ++written_.blocks;
  }

  std::string out_;
  Written written_;
};

// Reading -----------------------------------------------------------------

class Unpacker {
 public:
  Unpacker(const std::filesystem::path& path, std::string_view bytes)
      : path_(path), size_(bytes.size()), file_(std::as_bytes(std::span(bytes))), block_({}) {}

  Trial unpack() {
    read_preamble();
    Trial trial{.number = 0, .file = path_.filename().string(), .recordings = {}};
    if (next_block() != Block::trial) damaged("the first block is not that of the trial");
    trial.number = take_number();
    end_block();

    for (Block kind = next_block(); kind != Block::end; kind = next_block()) {
      if (kind == Block::section)
        read_section(trial);
      else if (kind == Block::records)
        read_records(trial);
      else
        damaged("the block of a trial in the middle of one");
      end_block();
    }
    check_section_is_whole();
    read_end(trial);
    return trial;
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const { damaged_at_offset(path_, block_offset_, what); }

  void read_preamble() {
    const auto magic = file_.take_bytes(packed_magic.size());
    if (!magic || std::memcmp(magic->data(), packed_magic.data(), packed_magic.size()) != 0)
      damaged("the file does not begin as a packed history");
    const auto version = file_.take_u32();
    if (!version || *version != packed_version) damaged("the version of the format is not " + std::to_string(packed_version));
  }

  Block next_block() {
    block_offset_ = size_ - file_.left();
    const auto bytes = file_.take_u32();
    const auto sum = file_.take_u32();
    if (!bytes || !sum) damaged("the file ends where a block is due");
    if (*bytes == 0 || *bytes > block_limit_bytes) damaged("a block cannot have " + std::to_string(*bytes) + " bytes");
    const auto payload = file_.take_bytes(*bytes);
    if (!payload) damaged("the file ends inside a block");
    if (checksum(*payload) != *sum) damaged("the checksum of a block does not hold");
    block_ = ByteReader(*payload);
    ++read_.blocks;

    const auto kind = static_cast<Block>(*block_.take_byte());
    for (const Block known : {Block::trial, Block::section, Block::records, Block::end})
      if (kind == known) return kind;
    damaged("a block of an unknown kind");
  }

  void end_block() const {
    if (!block_.done()) damaged("a block with bytes to spare");
  }

  std::uint64_t take_count() {
    const auto value = block_.take_varint();
    if (!value) damaged("a number is missing in a block");
    return *value;
  }

  std::int64_t take_number() { return unzigzag(take_count()); }

  std::string take_text() {
    const auto text = block_.take_text();
    if (!text) damaged("a text is missing in a block");
    return std::string(*text);
  }

  Window take_window() {
    const auto number = take_count();
    const auto window = window_numbered(number);
    if (!window) damaged("unknown window " + std::to_string(number));
    return *window;
  }

  void read_section(Trial& trial) {
    check_section_is_whole();
    Recording& recording = trial.recordings.emplace_back();
    recording.process = take_text();
    recording.incarnation = take_number();
    recording.trial = take_number();
    const auto ending = take_count();
    if (ending > static_cast<std::uint64_t>(Ending::killed)) damaged("unknown ending of an incarnation");
    recording.ending = static_cast<Ending>(ending);
    recording.last_window = take_window();
    for (std::uint64_t left = take_count(); left > 0; --left) {
      const Window window = take_window();
      const auto count = take_number();
      if (!recording.hits.empty() && window <= recording.hits.rbegin()->first) damaged("windows out of order");
      recording.hits.emplace(window, count);
    }
    recording.torn = take_number();
    recording.damage = take_text();
    due_ = take_count();
  }

  void read_records(Trial& trial) {
    if (take_count() + 1 != trial.recordings.size()) damaged("records of another section");
    Recording& recording = trial.recordings.back();
    while (!block_.done()) {
      const auto record = block_.take_text();
      auto event = record ? decode(std::as_bytes(std::span(*record))) : std::nullopt;
      if (!event) damaged("a record is not an event");
      if (due_ == 0) damaged("more records than the section has");
      event->process = recording.process;
      event->incarnation = recording.incarnation;
      event->trial = recording.trial;
      recording.events.push_back(std::move(*event));
      --due_;
      ++read_.events;
    }
  }

  void check_section_is_whole() const {
    if (due_ != 0) damaged(std::to_string(due_) + " records of the section are missing");
  }

  void read_end(const Trial& trial) {
    if (take_count() + 1 != read_.blocks) damaged("blocks are missing");
    if (take_count() != trial.recordings.size()) damaged("sections are missing");
    if (take_count() != read_.events) damaged("records are missing");
    end_block();
    block_offset_ = size_ - file_.left();
    if (!file_.done()) damaged("the file goes on behind its end");
  }

  const std::filesystem::path& path_;
  std::uint64_t size_;
  ByteReader file_;
  ByteReader block_;
  std::uint64_t block_offset_ = 0;
  std::uint64_t due_ = 0;  // records that the section still owes
  Written read_;
};

}  // namespace

void write_packed(const Trial& trial, const std::filesystem::path& path) {
  write_whole_file(path, Packer().pack(trial));
}

Trial read_packed(const std::filesystem::path& path) { return unpack_trial(read_whole_file(path), path); }

Trial unpack_trial(std::string_view bytes, const std::filesystem::path& path) { return Unpacker(path, bytes).unpack(); }

}  // namespace assay
