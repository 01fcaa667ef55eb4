// Foreign histories as they are read: which lines stay plain, where events go,
// and that no cut or flipped byte of a gzip file goes unnoticed.
#include <doctest/doctest.h>

#include <fstream>

#include <zlib.h>

#include "checker/history/foreign.hpp"
#include "checker/history/id-list.hpp"
#include "checker/history/line-source.hpp"
#include "checker/history/store.hpp"
#include "tests/files.hpp"

using namespace assay;

namespace {

class Files {
 public:
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name, std::ios::binary) << text;
    return (directory_ / name).string();
  }

 private:
  TemporaryDirectory directory_;
};

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string in = text, out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::vector<std::string> lines_of(const std::string& path) {
  LineSource lines(path);
  std::vector<std::string> all;
  for (std::string_view line; lines.next(line);) all.emplace_back(line);
  return all;
}

bool is_damaged(const std::string& path) {
  try {
    lines_of(path);
  } catch (const DamagedHistory&) {
    return true;
  }
  return false;
}

const std::string plain_text = "{\"type\":\"acked\",\"message\":\"a\"}\n{\"id\":5,\"type\":\"delivered\"}\n";

}  // namespace

TEST_CASE("lines that say no more than an id stay plain") {
  const Files files;
  const auto history = read_foreign({files.put("h", plain_text)});
  CHECK(history.trials.empty());
  REQUIRE(history.plain.lines().size() == 2);
  CHECK(history.plain.text(history.plain.lines()[0].id) == "a");
  CHECK(history.plain.text(history.plain.lines()[1].id) == "5");
  CHECK(history.plain.lines()[1].what == Plain::delivered);
  CHECK(history.plain.lines()[1].place == Place{0, 2});
}

TEST_CASE("one line that says more makes events of all of them, with their places") {
  const Files files;
  const auto first = files.put("one", plain_text);
  const auto second = files.put("two", "\n{\"type\":\"deliver\",\"message\":\"a\",\"process\":\"c\",\"incarnation\":2,\"copy\":\"q\"}\n");
  const auto history = read_foreign({first, second});
  CHECK_FALSE(history.timed);
  REQUIRE(history.trials.size() == 1);
  const auto& trial = history.trials.front();
  std::vector<std::string> seen;
  for (std::size_t r = 0; r < trial.recordings.size(); ++r)
    for (std::size_t e = 0; e < trial.recordings[r].events.size(); ++e) {
      const auto& event = trial.recordings[r].events[e];
      seen.push_back(incarnation_name(event.process, event.incarnation) + " " + short_name(event) + " " + event.message + " " +
                     (file_of(trial, {r, e}) == first ? "one:" : "two:") + std::to_string(record_number(trial, {r, e})));
    }
  CHECK(seen == std::vector<std::string>{"producer#0 send.ok a one:1", "consumer#0 deliver 5 one:2", "c#2 deliver a two:2"});
}

TEST_CASE("times count only when every line has one") {
  const Files files;
  const std::string timed = "{\"type\":\"acked\",\"message\":\"a\",\"time\":7}\n";
  const auto all = read_foreign({files.put("all", timed)});
  CHECK(all.timed);
  CHECK(all.trials.front().recordings.front().events.front().time == 7);
  const auto some = read_foreign({files.put("some", plain_text + timed)});
  CHECK_FALSE(some.timed);
  for (const auto& recording : some.trials.front().recordings)
    for (const auto& event : recording.events) CHECK(event.time == 0);
}

TEST_CASE("a gap in n is damage of that incarnation") {
  const Files files;
  const auto path = files.put("h", "{\"type\":\"acked\",\"message\":\"a\",\"n\":1}\n{\"type\":\"acked\",\"message\":\"b\",\"n\":3}\n");
  CHECK(read_foreign({path}).trials.front().recordings.front().damage == path + ":2: event 3 stands where 2 is due");
}

TEST_CASE("lines end with a line feed, and a byte order mark is no part of them") {
  const Files files;
  CHECK(lines_of(files.put("a", "\xef\xbb\xbf" "1\r\n\n2")) == std::vector<std::string>{"1\r", "", "2"});
  CHECK(lines_of(files.put("b", "")).empty());
  CHECK(lines_of(files.put("c", "\n")) == std::vector<std::string>{""});
  const std::string long_line(700'000, 'x');
  CHECK(lines_of(files.put("d", long_line + "\n" + long_line)) == std::vector<std::string>{long_line, long_line});
  CHECK(is_damaged(files.put("e", std::string(1'500'000, 'x'))));
}

TEST_CASE("gzip is unpacked, several members in a row, too") {
  const Files files;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i) + "\n";
  CHECK(lines_of(files.put("a.gz", gzipped(text) + gzipped("last\n"))).size() == 100'001);
  CHECK(lines_of(files.put("b.gz", gzipped(""))).empty());
}

TEST_CASE("a gzip file that was cut or altered is damaged") {
  const Files files;
  const auto whole = gzipped(plain_text);
  for (std::size_t length = 2; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK(is_damaged(files.put("cut", whole.substr(0, length))));
  }
  for (std::size_t at = 10; at < whole.size(); ++at) {
    auto altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    CAPTURE(at);
    CHECK(is_damaged(files.put("altered", altered)));
  }
  CHECK(is_damaged(files.put("tail", whole + "plain text behind it\n")));
}

TEST_CASE("a list has an id a line, and empty lines are counted") {
  const Files files;
  std::vector<std::string> ids;
  const auto read = read_ids(files.put("l", "a\r\n\n b \r\n\r\nc"), "", [&](std::string_view id, std::uint64_t line) {
    ids.push_back(std::string(id) + "@" + std::to_string(line));
  });
  CHECK(ids == std::vector<std::string>{"a@1", " b @3", "c@5"});
  CHECK(read == ListRead{.ids = 3, .empty = 2});
}

TEST_CASE("a CSV value may hold commas, quotes and line ends") {
  const Files files;
  std::vector<std::string> ids;
  const auto read = read_ids(files.put("l.csv", "x,id,y\n1,\"a,b\",\n2,\"c\"\"d\",3\n,\"e\nf\",\n4,,5\n\n6,g,7\r\n"), "id",
                             [&](std::string_view id, std::uint64_t line) { ids.push_back(std::string(id) + "@" + std::to_string(line)); });
  CHECK(ids == std::vector<std::string>{"a,b@2", "c\"d@3", "e\nf@4", "g@8"});
  CHECK(read == ListRead{.ids = 4, .empty = 2});
}
