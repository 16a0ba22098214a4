#include "xor_chunk.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "remote_read_writer.hpp"

namespace spm::rates {
namespace {

using Samples = std::vector<std::pair<std::int64_t, double>>;

std::string write(const Samples& samples) {
  test::XorChunkWriter chunk;
  for (const auto& [time, value] : samples) chunk.append(time, value);
  return chunk.bytes();
}

struct Decoded {
  std::vector<std::int64_t> times;
  std::vector<std::uint64_t> bits;
  bool stale = false;
  std::string error;
};

Decoded decode(const std::string& chunk) {
  // On the heap and of the exact size: a look past the end is seen by the address sanitizer.
  const auto copy = std::make_unique<char[]>(chunk.size());
  std::copy(chunk.begin(), chunk.end(), copy.get());
  const std::string_view view(copy.get(), chunk.size());
  Decoded decoded;
  decoded.times.resize(xor_chunk_samples(view));
  std::vector<double> values(decoded.times.size());
  const auto result = decode_xor_chunk(view, decoded.times.data(), values.data());
  if (!result) {
    decoded.error = result.error().message;
    return decoded;
  }
  EXPECT_EQ(result->samples, decoded.times.size());
  decoded.stale = result->has_staleness_markers;
  for (const double value : values) decoded.bits.push_back(std::bit_cast<std::uint64_t>(value));
  return decoded;
}

void expect_same(const Samples& samples) {
  const Decoded decoded = decode(write(samples));
  ASSERT_EQ(decoded.error, "");
  ASSERT_EQ(decoded.times.size(), samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(decoded.times[i], samples[i].first) << i;
    EXPECT_EQ(decoded.bits[i], std::bit_cast<std::uint64_t>(samples[i].second)) << i;
  }
}

TEST(XorChunk, DecodesTheBytesOfPrometheus) {
  // A chunk of Prometheus 2.42.
  constexpr std::string_view kHex =
      "0008c092a4e8bf683ff00000000000009875c267ff90003ac4bbfffd437e317bfe8800000000001f00000000002c2c9781c7e43c8800759"
      "e";
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < kHex.size(); i += 2) {
    bytes += static_cast<char>(digit(kHex[i]) * 16 + digit(kHex[i + 1]));
  }
  const Decoded decoded = decode(bytes);
  const std::int64_t start = 1'795'271'460'000;
  const Samples wanted{{start, 1},
                       {start + 15'000, 3},
                       {start + 30'000, 3},
                       {start + 45'001, 7.5},
                       {start + 60'001, 8.5},
                       {start + 75'001, 8.5},
                       {start + 90'001, std::bit_cast<double>(kStalenessMarker)},
                       {start + 3'000'000, 1e300}};
  ASSERT_EQ(decoded.error, "");
  ASSERT_EQ(decoded.times.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(decoded.times[i], wanted[i].first) << i;
    EXPECT_EQ(decoded.bits[i], std::bit_cast<std::uint64_t>(wanted[i].second)) << i;
  }
  EXPECT_TRUE(decoded.stale);
  EXPECT_EQ(write(wanted), bytes) << "what the other tests write is what Prometheus writes";
}

TEST(XorChunk, DecodesEveryFormOfTimeAndValue) {
  expect_same({{0, 0.0}});
  expect_same({{-1, -0.0}, {5, -0.0}});
  Samples samples;
  std::int64_t time = 1'795'132'800'000;
  std::int64_t distance = 20'000'000;
  for (const std::int64_t change : {0, 1, -1, 8191, -8191, 8192, -8192, 65'535, -65'535, 65'536, -65'536, 524'287,
                                    -524'287, 524'288, -524'288, 5'000'000, -5'000'000}) {
    distance += change;
    time += distance;
    samples.emplace_back(time, static_cast<double>(change) * 1.1);
  }
  expect_same(samples);
  expect_same({{1, 1.0},
               {2, std::numeric_limits<double>::infinity()},
               {3, std::numeric_limits<double>::denorm_min()},
               {4, -std::numeric_limits<double>::max()},
               {5, std::bit_cast<double>(~std::uint64_t{0})},
               {6, 0.0},
               {7, std::bit_cast<double>(std::uint64_t{1})}});
}

TEST(XorChunk, DecodesWhateverWasWritten) {
  std::mt19937_64 chance(7);
  for (int round = 0; round < 2000; ++round) {
    Samples samples;
    auto time = static_cast<std::int64_t>(chance() >> 20U);
    double value = 0;
    const std::uint64_t kind = chance() % 4;
    const std::size_t count = 1 + chance() % 200;
    for (std::size_t i = 0; i < count; ++i) {
      time += kind == 0 ? 15'000 : 1 + static_cast<std::int64_t>(chance() % (std::uint64_t{1} << (chance() % 30)));
      if (kind < 2) value += static_cast<double>(chance() % 9);
      if (kind == 2 && chance() % 3 == 0) value = std::bit_cast<double>(chance());
      if (kind == 3) value = static_cast<double>(chance() % 1000) / 10;
      samples.emplace_back(time, value);
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(samples)) << round;
  }
}

TEST(XorChunk, DecodesLongAndMonotonousChunks) {
  std::mt19937_64 chance(3);
  for (int round = 0; round < 200; ++round) {
    Samples samples;
    std::int64_t time = 1'795'132'800'000;
    double value = 5;
    const std::size_t count = 1 + chance() % 3000;
    const std::uint64_t jitter = round % 3 == 0 ? 1 : 1 + chance() % 3000;
    // Long rests of a value, and busy times between; narrow windows and wide ones.
    std::size_t busy = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (chance() % 100 == 0) busy = chance() % 50;
      if (busy > 0)
        value += round % 2 == 0 ? static_cast<double>(chance() % 3) : static_cast<double>(chance()) * 0x1p-50;
      if (busy > 0) --busy;
      if (chance() % 1000 == 0) value = std::numeric_limits<double>::infinity();
      if (chance() % 500 == 0) value = std::bit_cast<double>(kStalenessMarker);
      if (chance() % 100 == 0) value = 5;
      samples.emplace_back(time, value);
      time += 15'000 + static_cast<std::int64_t>(chance() % jitter);
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(samples)) << round;
  }
}

TEST(XorChunk, BytesBehindTheLastSampleDoNotMatter) {
  for (const std::size_t samples : {1U, 2U, 3U, 100U, 5000U}) {
    Samples written;
    for (std::size_t i = 0; i < samples; ++i)
      written.emplace_back(15'000 * static_cast<std::int64_t>(i), static_cast<double>(i * i));
    for (const std::size_t more : {1U, 100U, 1000U, 1100U, 100'000U}) {
      const Decoded decoded = decode(write(written) + std::string(more, '\x5A'));
      EXPECT_EQ(decoded.error, "");
      ASSERT_EQ(decoded.times.size(), samples);
      EXPECT_EQ(decoded.times.back(), written.back().first);
      EXPECT_EQ(decoded.bits.back(), std::bit_cast<std::uint64_t>(written.back().second));
    }
  }
}

TEST(XorChunk, TellsOfStalenessMarkersAndOnlyOfThose) {
  const double marker = std::bit_cast<double>(kStalenessMarker);
  EXPECT_TRUE(is_staleness_marker(marker));
  EXPECT_FALSE(is_staleness_marker(std::nan("")));
  EXPECT_TRUE(decode(write({{1, 1}, {2, marker}})).stale);
  EXPECT_TRUE(decode(write({{1, marker}})).stale);
  EXPECT_FALSE(decode(write({{1, 1}, {2, std::nan("")}})).stale);
  EXPECT_EQ(decode(write({{1, 1}, {2, marker}})).times.size(), 2U);
}

TEST(XorChunk, EveryCutIsAnError) {
  Samples samples;
  for (int i = 0; i < 40; ++i) samples.emplace_back(1'000'000 + i * 15'000 + i % 3, i * 1.7);
  const std::string whole = write(samples);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(decode(whole.substr(0, length)).error,
              "a chunk of the remote read is broken: it ends before its last sample")
        << length;
  }
}

TEST(XorChunk, ACountBeyondTheDataIsAnError) {
  std::string chunk = write({{1, 1}, {2, 2}, {3, 3}});
  chunk[1] = 20;
  EXPECT_EQ(decode(chunk).error, "a chunk of the remote read is broken: it ends before its last sample");
  chunk[0] = '\xff';
  EXPECT_EQ(xor_chunk_samples(chunk), 0U) << "no memory is taken for samples that cannot be there";
  chunk[0] = chunk[1] = 0;
  EXPECT_EQ(decode(chunk).error, "a chunk of the remote read is broken: it holds no samples");
}

TEST(XorChunk, TimesMustAscend) {
  const std::string error = "a chunk of the remote read is broken: its times do not ascend";
  EXPECT_EQ(decode(write({{5, 1}, {5, 2}})).error, error);
  EXPECT_EQ(decode(write({{5, 1}, {6, 2}, {6, 3}})).error, error);
  EXPECT_EQ(decode(write({{5, 1}, {60'000'000, 2}, {4, 3}, {7, 3}})).error, error);
  EXPECT_EQ(decode(write({{0, 1}, {std::int64_t{1} << 50U, 2}})).error, error) << "35,000 years";
}

TEST(XorChunk, ValuesOfMoreThan64BitsAreAnError) {
  // After two equal values: 1 1, 31 leading zeros, 63 bits.
  std::string chunk = write({{1, 1}, {2, 1}});
  chunk[1] = 3;
  chunk.back() = static_cast<char>(0x00 | 0x3f);  // 0 (value), 0 (time), 11, 1111
  chunk += "\xff" + std::string(20, '\xff');
  EXPECT_EQ(decode(chunk).error, "a chunk of the remote read is broken: its values have more than 64 bits");
}

}  // namespace
}  // namespace spm::rates
