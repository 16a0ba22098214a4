#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "column_sums.hpp"
#include "fuzz_main.hpp"
#include "rate_window.hpp"
#include "remote_read_writer.hpp"
#include "series_stream.hpp"
#include "xor_chunk.hpp"

// An input is tried as a whole body, as a payload whose frame is right, and as the data of a chunk that everything
// around it is right of: what is behind a checksum is not found by chance.

namespace {

using namespace spm::rates;
using test::bytes_field;
using test::varint_field;

constexpr std::int64_t kFrom = 1'700'000'000'000;
constexpr spm::model::TimeGrid kGrid{kFrom + 60'000, 15'000, 40};
constexpr std::int64_t kTo = kFrom + 60'000 + 39 * 15'000;

struct Outcome {
  bool good = false;
  std::size_t samples = 0;
  std::size_t points = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view body, std::size_t slice) {
  StreamLimits limits;
  limits.max_frame_bytes = 1U << 20U;
  limits.max_series = 20;
  limits.max_samples = 100'000;
  limits.max_series_samples = 70'000;
  RateWindow window(kGrid, 60'000, WindowStart::left_open, Extrapolation::newer);
  ColumnSums sums(kGrid, Summation::compensated, std::vector<Grouping>{{"a"}, {"a", "le"}}, 40 * 30);
  SeriesStream stream(kFrom, kTo, limits, [&](auto, auto labels, const SeriesSamples& samples) {
    const auto times = samples.times_ms();
    fuzz_require(times.size() == samples.values().size(), "as many values as times");
    for (std::size_t i = 0; i < times.size(); ++i) {
      fuzz_require(times[i] >= kFrom && times[i] <= kTo, "samples lie in the range");
      fuzz_require(i == 0 || times[i] > times[i - 1], "times ascend");
      fuzz_require(!is_staleness_marker(samples.values()[i]), "no staleness markers");
    }
    return sums.add(labels, window.compute(times, samples.values()));
  });
  Outcome outcome;
  for (std::size_t at = 0; at < body.size(); at += slice) {
    // A slice of its own: what is kept of it must be a copy.
    const std::string part(body.substr(at, slice));
    if (const auto fed = stream.feed(part); !fed) {
      fuzz_require(!fed.error().message.empty(), "every refusal has words");
      return outcome;
    }
  }
  outcome.good = stream.finish().has_value();
  outcome.samples = stream.counts().samples;
  for (const auto& matrix : sums.finish()) {
    for (const auto& series : matrix.series) outcome.points += series.column.count();
  }
  return outcome;
}

void check_chunk(std::string_view input) {
  // Of its exact size: the sanitizer sees a look past the end.
  const auto copy = std::make_unique<char[]>(input.size());
  std::copy(input.begin(), input.end(), copy.get());
  const std::string_view chunk(copy.get(), input.size());
  const std::size_t count = xor_chunk_samples(chunk);
  fuzz_require(count <= 65'535 && count <= 4 * chunk.size(), "a chunk holds what it has room for");
  std::vector<std::int64_t> times(count);
  std::vector<double> values(count);
  const auto decoded = decode_xor_chunk(chunk, times.data(), values.data());
  if (!decoded) return;
  fuzz_require(decoded->samples == count && count > 0, "every sample is there");
  fuzz_require(decoded->has_staleness_markers == std::any_of(values.begin(), values.end(), is_staleness_marker),
               "staleness markers are told of");
  // Written again and read again it is the same.
  test::XorChunkWriter writer;
  for (std::size_t i = 0; i < count; ++i) writer.append(times[i], values[i]);
  const std::string again = writer.bytes();
  std::vector<std::int64_t> same_times(count);
  std::vector<double> same_values(count);
  fuzz_require(decode_xor_chunk(again, same_times.data(), same_values.data()).has_value(), "it can be written again");
  fuzz_require(times == same_times, "the times come back");
  fuzz_require(
      std::equal(values.begin(), values.end(), same_values.begin(),
                 [](double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }),
      "the values come back");
}

}  // namespace

void fuzz_one(std::string_view input) {
  check_chunk(input);
  const std::string label = bytes_field(1, bytes_field(1, "a") + bytes_field(2, "x"));
  const std::string chunk = bytes_field(
      2, varint_field(1, 0) + varint_field(2, ~std::uint64_t{0} >> 1U) + varint_field(3, 1) + bytes_field(4, input));
  for (const std::string& body :
       {std::string(input), test::frame(input), test::frame(bytes_field(1, label + chunk + chunk))}) {
    const Outcome whole = read(body, std::max<std::size_t>(body.size(), 1));
    fuzz_require(read(body, 3) == whole, "the cuts of the network do not matter");
  }
}

const std::string_view* fuzz_words() {
  using namespace std::string_view_literals;
  static constexpr std::string_view kWords[] = {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,
                                                "\x00\x78"sv,
                                                "\xff\xff"sv,
                                                "\x80\xd0\x95\xff\xbc\x31"sv,
                                                "\x98\x75"sv,
                                                "\x7f\xf0\x00\x00\x00\x00\x00\x02"sv,
                                                "\x0a\x06\x0a\x01\x61\x12\x01\x78"sv,
                                                "\x18\x01\x22"sv,
                                                ""sv};
  return kWords;
}
