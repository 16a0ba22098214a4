#include "chunked_series.hpp"

#include <string>

#include <gtest/gtest.h>

#include "remote_read_writer.hpp"

namespace spm::rates {
namespace {

using test::bytes_field;
using test::varint_field;

std::string label(const std::string& name, const std::string& value) {
  return bytes_field(1, bytes_field(1, name) + bytes_field(2, value));
}

std::string chunk(std::int64_t from, std::int64_t to, const std::string& data) {
  return bytes_field(2, varint_field(1, static_cast<std::uint64_t>(from)) +
                            varint_field(2, static_cast<std::uint64_t>(to)) + varint_field(3, 1) +
                            bytes_field(4, data));
}

/// The payload as one line of text, or the error.
std::string read(const std::string& payload) {
  ChunkedSeriesReader reader;
  const auto query = reader.open(payload);
  if (!query) return query.error().message;
  std::string text = "query " + std::to_string(*query);
  for (;;) {
    const auto series = reader.next_series();
    if (!series) return series.error().message;
    if (!*series) return text;
    text += " {";
    for (const LabelView& each : reader.labels()) text += std::string(each.name) + "=" + std::string(each.value) + ";";
    text += "}";
    for (;;) {
      const auto more = reader.next_chunk();
      if (!more) return more.error().message;
      if (!*more) break;
      const ChunkView& view = reader.chunk();
      text += " " + std::to_string(view.min_time_ms) + ".." + std::to_string(view.max_time_ms) + ":" +
              std::to_string(view.encoding) + ":" + std::string(view.data);
    }
  }
}

const std::string kSeries = label("a", "1") + label("b", "") + chunk(-5, 10, "xyz") + chunk(11, 20, "");

TEST(ChunkedSeries, ReadsLabelsAndChunks) {
  EXPECT_EQ(read(bytes_field(1, kSeries)), "query 0 {a=1;b=;} -5..10:1:xyz 11..20:1:");
  EXPECT_EQ(read(bytes_field(1, kSeries) + bytes_field(1, label("c", "2")) + varint_field(2, 3)),
            "query 3 {a=1;b=;} -5..10:1:xyz 11..20:1: {c=2;}");
  EXPECT_EQ(read(""), "query 0");
}

TEST(ChunkedSeries, LabelsBehindTheChunksCount) {
  EXPECT_EQ(read(bytes_field(1, chunk(1, 2, "d") + label("late", "x"))), "query 0 {late=x;} 1..2:1:d");
}

TEST(ChunkedSeries, SkipsWhatItDoesNotKnow) {
  const std::string unknown = varint_field(15, 1) + bytes_field(16, "?") + test::varint(17U << 3U | 1U) + "12345678" +
                              test::varint(18U << 3U | 5U) + "1234";
  EXPECT_EQ(read(unknown + bytes_field(1, unknown + label("a", "1") + bytes_field(1, unknown) +
                                              bytes_field(2, varint_field(1, 1) + unknown))),
            "query 0 {a=1;=;} 1..0:0:");
}

TEST(ChunkedSeries, EveryCutIsAnErrorOrAShorterMessage) {
  const std::string payload = bytes_field(1, kSeries);
  for (std::size_t length = 1; length < payload.size(); ++length) {
    EXPECT_EQ(read(payload.substr(0, length)), "the remote read is broken: a payload is not a protobuf message");
  }
  for (std::size_t length = 1; length < kSeries.size(); ++length) {
    const std::string text = read(bytes_field(1, kSeries.substr(0, length)));
    EXPECT_TRUE(text.starts_with("query 0 {a=1;") || text.find("broken") != std::string::npos) << text;
  }
}

TEST(ChunkedSeries, HostileMessagesAreErrors) {
  EXPECT_EQ(read(std::string(11, '\xff')), "the remote read is broken: a payload is not a protobuf message");
  EXPECT_EQ(read(bytes_field(0, "")), "the remote read is broken: a payload is not a protobuf message");
  EXPECT_EQ(read("\x0b"), "the remote read is broken: a payload is not a protobuf message");  // a group
  EXPECT_EQ(read("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
            "the remote read is broken: a payload is not a protobuf message");
  EXPECT_EQ(read(varint_field(1, 5)), "the remote read is broken: a payload's field has another type");
  EXPECT_EQ(read(bytes_field(1, varint_field(1, 5))), "the remote read is broken: a series' field has another type");
  EXPECT_EQ(read(bytes_field(1, bytes_field(1, varint_field(1, 5)))),
            "the remote read is broken: a label is not a protobuf message");
  EXPECT_EQ(read(bytes_field(1, bytes_field(2, bytes_field(1, "x")))),
            "the remote read is broken: a chunk is not a protobuf message");
}

TEST(ChunkedSeries, LabelsAreBounded) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += label("a", "b");
  EXPECT_TRUE(read(bytes_field(1, many)).starts_with("query 0"));
  EXPECT_EQ(read(bytes_field(1, many + label("a", "b"))),
            "the remote read is broken: a series has more than 1000 labels");
}

}  // namespace
}  // namespace spm::rates
