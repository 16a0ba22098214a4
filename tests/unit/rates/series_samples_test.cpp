#include "series_samples.hpp"

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "remote_read_writer.hpp"
#include "xor_chunk.hpp"

namespace spm::rates {
namespace {

using Samples = std::vector<std::pair<std::int64_t, double>>;

std::string chunk(const Samples& samples) {
  test::XorChunkWriter writer;
  for (const auto& [time, value] : samples) writer.append(time, value);
  return writer.bytes();
}

Samples content(const SeriesSamples& series) {
  Samples found;
  for (std::size_t i = 0; i < series.times_ms().size(); ++i)
    found.emplace_back(series.times_ms()[i], series.values()[i]);
  return found;
}

Samples assemble(const std::vector<Samples>& chunks, std::int64_t from = 0, std::int64_t to = 1000) {
  SeriesSamples series(from, to, 1000);
  series.begin();
  for (const Samples& each : chunks) EXPECT_TRUE(series.add_chunk(chunk(each)));
  series.finish();
  return content(series);
}

const double kStale = std::bit_cast<double>(kStalenessMarker);

TEST(SeriesSamples, ChunksFollowEachOther) {
  EXPECT_EQ(assemble({{{1, 10}, {2, 20}}, {{3, 30}}, {{7, 70}}}), (Samples{{1, 10}, {2, 20}, {3, 30}, {7, 70}}));
}

TEST(SeriesSamples, OnlyTheRangeCounts) {
  const std::vector<Samples> chunks = {{{1, 10}, {2, 20}, {3, 30}}, {{4, 40}, {5, 50}}};
  EXPECT_EQ(assemble(chunks, 2, 4), (Samples{{2, 20}, {3, 30}, {4, 40}}));
  EXPECT_EQ(assemble(chunks, 4, 4), (Samples{{4, 40}}));
  EXPECT_EQ(assemble(chunks, 6, 9), Samples{});
  EXPECT_EQ(assemble(chunks, -9, 0), Samples{});
}

TEST(SeriesSamples, OverlappingChunksAreMerged) {
  EXPECT_EQ(assemble({{{1, 10}, {4, 40}}, {{2, 20}, {3, 30}, {5, 50}}}),
            (Samples{{1, 10}, {2, 20}, {3, 30}, {4, 40}, {5, 50}}));
}

TEST(SeriesSamples, ChunksOutOfOrderArePutInOrder) {
  EXPECT_EQ(assemble({{{5, 50}, {6, 60}}, {{1, 10}, {2, 20}}}), (Samples{{1, 10}, {2, 20}, {5, 50}, {6, 60}}));
}

TEST(SeriesSamples, OfOneTimeTheFirstIsKept) {
  EXPECT_EQ(assemble({{{1, 10}, {2, 20}}, {{1, 11}, {2, 21}, {3, 31}}, {{2, 22}}}),
            (Samples{{1, 10}, {2, 20}, {3, 31}}));
  EXPECT_EQ(assemble({{{1, 10}}, {{1, 10}}}), (Samples{{1, 10}}));
}

TEST(SeriesSamples, StalenessMarkersAreNoSamples) {
  EXPECT_EQ(assemble({{{1, 10}, {2, kStale}, {3, 30}}, {{4, kStale}}}), (Samples{{1, 10}, {3, 30}}));
  EXPECT_EQ(assemble({{{1, kStale}}, {{1, 11}}}), Samples{}) << "it hides a value of the same time";
}

TEST(SeriesSamples, IsUsedAgain) {
  SeriesSamples series(0, 1000, 1000);
  series.begin();
  ASSERT_TRUE(series.add_chunk(chunk({{5, 50}, {6, kStale}})));
  ASSERT_TRUE(series.add_chunk(chunk({{1, 10}})));
  EXPECT_EQ(series.decoded(), 3U);
  series.begin();
  ASSERT_TRUE(series.add_chunk(chunk({{2, 20}})));
  series.finish();
  EXPECT_EQ(content(series), (Samples{{2, 20}}));
  EXPECT_EQ(series.decoded(), 1U);
}

TEST(SeriesSamples, AreBounded) {
  SeriesSamples series(0, 1000, 3);
  series.begin();
  ASSERT_TRUE(series.add_chunk(chunk({{1, 1}, {2, 2}})));
  const auto added = series.add_chunk(chunk({{3, 3}, {4, 4}}));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, base::ErrorKind::answer_too_large);
  EXPECT_EQ(added.error().message, "a series has more than 3 samples");
}

TEST(SeriesSamples, ABrokenChunkIsAnError) {
  SeriesSamples series(0, 1000, 3);
  series.begin();
  EXPECT_FALSE(series.add_chunk("nonsense"));
}

}  // namespace
}  // namespace spm::rates
