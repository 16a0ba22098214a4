#include "series_stream.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "remote_read_writer.hpp"

namespace spm::rates {
namespace {

using test::bytes_field;
using test::frame;
using test::varint_field;

std::string label(const std::string& name, const std::string& value) {
  return bytes_field(1, bytes_field(1, name) + bytes_field(2, value));
}

std::string chunk(std::int64_t time, double value, std::uint64_t encoding = 1) {
  test::XorChunkWriter writer;
  writer.append(time, value);
  const auto number = static_cast<std::uint64_t>(time);
  return bytes_field(2, varint_field(1, number) + varint_field(2, number) + varint_field(3, encoding) +
                            bytes_field(4, writer.bytes()));
}

struct Read {
  std::vector<std::string> series;
  std::string error;
  StreamCounts counts;
};

Read read(const std::string& body, std::size_t slice = 5, const StreamLimits& limits = {}, bool sink_fails = false) {
  Read found;
  SeriesStream stream(0, 100, limits, [&](std::int64_t query, auto labels, const SeriesSamples& samples) {
    std::string text = std::to_string(query) + ":";
    for (const LabelView& each : labels) text += std::string(each.name) + "=" + std::string(each.value) + ";";
    for (std::size_t i = 0; i < samples.times_ms().size(); ++i) {
      text += " " + std::to_string(samples.times_ms()[i]) + "=" + std::to_string(static_cast<int>(samples.values()[i]));
    }
    found.series.push_back(text);
    return sink_fails ? base::Result<void>(base::fail(base::ErrorKind::cancelled, "enough")) : base::Result<void>();
  });
  for (std::size_t at = 0; at < body.size() && found.error.empty(); at += slice) {
    const std::string part = body.substr(at, slice);
    if (const auto fed = stream.feed(part); !fed) found.error = fed.error().message;
  }
  if (found.error.empty()) {
    if (const auto ended = stream.finish(); !ended) found.error = ended.error().message;
  }
  found.counts = stream.counts();
  return found;
}

TEST(SeriesStream, HandsOutSeriesWhole) {
  const std::string a = label("a", "1");
  const std::string b = label("a", "1") + label("b", "2");
  const std::string body = frame(bytes_field(1, a + chunk(1, 10)) + bytes_field(1, b + chunk(1, 5))) +
                           frame(bytes_field(1, b + chunk(2, 6))) + frame(bytes_field(1, b + chunk(200, 7))) +
                           frame(bytes_field(1, b + chunk(3, 8)) + varint_field(2, 1));
  for (const std::size_t slice : {std::size_t{1}, std::size_t{7}, body.size()}) {
    const Read found = read(body, slice);
    EXPECT_EQ(found.error, "");
    EXPECT_EQ(found.series, (std::vector<std::string>{"0:a=1; 1=10", "0:a=1;b=2; 1=5 2=6", "1:a=1;b=2; 3=8"}));
    EXPECT_EQ(found.counts.bytes, body.size());
    EXPECT_EQ(found.counts.frames, 4U);
    EXPECT_EQ(found.counts.series, 3U);
    EXPECT_EQ(found.counts.chunks, 5U);
    EXPECT_EQ(found.counts.samples, 4U) << "chunks outside of the range are not decoded";
  }
  EXPECT_TRUE(read("").series.empty());
}

TEST(SeriesStream, ABodyThatIsCutHandsOutNothingOfItsLastSeries) {
  const std::string body = frame(bytes_field(1, label("a", "1") + chunk(1, 10)));
  const Read found = read(body + body.substr(0, 6));
  EXPECT_TRUE(found.series.empty());
  EXPECT_EQ(found.error, "the remote read ended in the middle of a frame");
}

TEST(SeriesStream, ReadsPlainNumbersOnly) {
  const auto error = [](std::uint64_t encoding) {
    return read(frame(bytes_field(1, label("a", "1") + chunk(1, 10, encoding)))).error;
  };
  EXPECT_EQ(error(2), "the series hold native histograms, which are left to the store");
  EXPECT_EQ(error(3), error(2));
  EXPECT_EQ(error(4), "the remote read holds a chunk of the unknown encoding 4");
}

TEST(SeriesStream, TheSinkCanStopIt) {
  const std::string body = frame(bytes_field(1, label("a", "1") + chunk(1, 1))) +
                           frame(bytes_field(1, label("a", "2") + chunk(1, 1))) +
                           frame(bytes_field(1, label("a", "3") + chunk(1, 1)));
  const Read found = read(body, 1000, {}, true);
  EXPECT_EQ(found.error, "enough");
  EXPECT_EQ(found.series.size(), 1U);
}

TEST(SeriesStream, LimitsHold) {
  const std::string body = frame(bytes_field(1, label("a", "1") + chunk(1, 1) + chunk(2, 2))) +
                           frame(bytes_field(1, label("a", "2") + chunk(1, 1)));
  StreamLimits limits;
  limits.max_series = 1;
  EXPECT_EQ(read(body, 5, limits).error, too_many_raw_series(1).message);
  limits = {};
  limits.max_samples = 2;
  EXPECT_EQ(read(body, 5, limits).error, too_many_raw_samples(2).message);
  limits = {};
  limits.max_series_samples = 1;
  EXPECT_EQ(read(body, 5, limits).error, "a series has more than 1 samples");
  limits = {};
  limits.max_frame_bytes = 10;
  EXPECT_NE(read(body, 5, limits).error, "");
}

}  // namespace
}  // namespace spm::rates
