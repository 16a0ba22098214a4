// What a raw sample costs between a remote read's body and rate columns: frames, decoding, rates, sums. The data is
// like that of one service over two days: 20 operations, 2 statuses, 2 instances, 17 buckets, a sample each 15 s.
// Prints CPU time, the best and the median of several rounds; the best is the least disturbed by whatever else the
// machine does.
//
//   bench_chunks [HOURS [JITTER_MS]]  makes the body itself; samples come up to JITTER_MS late
//   bench_chunks BODY START END       a recorded one; milliseconds

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "column_sums.hpp"
#include "crc32c.hpp"
#include "rate_window.hpp"
#include "remote_read_writer.hpp"
#include "series_stream.hpp"

namespace {

/// Of this process: others on the machine do not count.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

constexpr int kRounds = 7;
constexpr std::int64_t kStart = 1'795'132'800'000;
constexpr std::int64_t kEvery = 15'000;
constexpr std::size_t kChunkSamples = 120;
constexpr std::size_t kFrameBytes = std::size_t{1} << 20U;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "bench_chunks: %s\n", what);
  std::exit(1);
}

/// Numbers that look like chance and are the same every time.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 2 + 1) {}
  double unit() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<double>(state_ >> 11U) / 9007199254740992.0;
  }

 private:
  std::uint64_t state_;
};

using spm::rates::test::bytes_field;
using spm::rates::test::frame;
using spm::rates::test::varint_field;
using spm::rates::test::XorChunkWriter;

struct Body {
  std::string bytes;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
};

/// The buckets of one operation, status and instance grow together; one series a bucket.
void append_histogram(std::string& body, int operation, int status, int instance, std::size_t samples,
                      double jitter_ms) {
  const char* bounds[] = {"2",   "4",    "6",    "8",    "10",   "50",    "100",   "200", "400",
                          "800", "1000", "1400", "2000", "5000", "10000", "15000", "+Inf"};
  constexpr std::size_t kBuckets = std::size(bounds);
  Chance chance(static_cast<std::uint64_t>(operation * 4 + status * 2 + instance + 1));
  std::vector<std::vector<double>> counts(kBuckets, std::vector<double>(samples));
  std::vector<double> now(kBuckets, 0.0);
  std::vector<std::int64_t> late(samples);
  const double calls = status == 0 ? 5.0 + operation : 0.3;
  for (std::size_t i = 0; i < samples; ++i) {
    const double wanted = calls * (1 + 0.5 * std::sin(static_cast<double>(i) / 240));
    const auto made = static_cast<int>(wanted + chance.unit());
    for (int call = 0; call < made; ++call) {
      const double at = (chance.unit() + chance.unit() + chance.unit()) / 3 * 20 - 3;
      for (std::size_t b = 0; b < kBuckets; ++b) {
        if (static_cast<double>(b) >= at || b + 1 == kBuckets) now[b] += 1;
      }
    }
    for (std::size_t b = 0; b < kBuckets; ++b) counts[b][i] = now[b];
    late[i] = static_cast<std::int64_t>(chance.unit() * jitter_ms);
  }
  const auto label = [](const std::string& name, const std::string& value) {
    return bytes_field(1, bytes_field(1, name) + bytes_field(2, value));
  };
  for (std::size_t b = 0; b < kBuckets; ++b) {
    const std::string labels = label("__name__", "traces_span_metrics_duration_milliseconds_bucket") +
                               label("instance", "otelcol-" + std::to_string(instance) + ":8889") +
                               label("job", "spanmetrics") + label("le", bounds[b]) +
                               label("service_name", "frontend") + label("span_kind", "SPAN_KIND_SERVER") +
                               label("span_name", "HTTP GET /operation/" + std::to_string(operation)) +
                               label("status_code", status == 0 ? "STATUS_CODE_UNSET" : "STATUS_CODE_ERROR");
    std::string series = labels;
    for (std::size_t first = 0; first < samples; first += kChunkSamples) {
      const std::size_t end = std::min(samples, first + kChunkSamples);
      XorChunkWriter chunk;
      const auto time = [&](std::size_t i) {
        return kStart + 3'000 * instance + static_cast<std::int64_t>(i) * kEvery + late[i];
      };
      for (std::size_t i = first; i < end; ++i) chunk.append(time(i), counts[b][i]);
      series += bytes_field(2, varint_field(1, static_cast<std::uint64_t>(time(first))) +
                                   varint_field(2, static_cast<std::uint64_t>(time(end - 1))) + varint_field(3, 1) +
                                   bytes_field(4, chunk.bytes()));
      if (series.size() > kFrameBytes) {
        body += frame(bytes_field(1, series));
        series = labels;
      }
    }
    body += frame(bytes_field(1, series));
  }
}

Body make_body(double hours, double jitter_ms) {
  Body body;
  const auto samples = static_cast<std::size_t>(hours * 3600 / 15);
  for (int operation = 0; operation < 20; ++operation) {
    for (int status = 0; status < 2; ++status) {
      for (int instance = 0; instance < 2; ++instance) {
        append_histogram(body.bytes, operation, status, instance, samples, jitter_ms);
      }
    }
  }
  body.start_ms = kStart;
  body.end_ms = kStart + static_cast<std::int64_t>(samples) * kEvery;
  return body;
}

const std::vector<spm::rates::Grouping> kGroupings = {{"service_name", "le"}, {"service_name", "span_name", "le"}};

struct Totals {
  std::size_t samples = 0;
  std::size_t points = 0;
};

void report(const char* what, const Totals& totals, std::size_t bytes, const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    const double before = cpu_seconds();
    work();
    seconds.push_back(cpu_seconds() - before);
  }
  std::sort(seconds.begin(), seconds.end());
  const auto samples = static_cast<double>(totals.samples);
  std::printf("%-44s %6.2f ns/sample best %6.2f median  %7.1f ms  %8.1f MB/s\n", what, seconds.front() * 1e9 / samples,
              seconds[seconds.size() / 2] * 1e9 / samples, seconds.front() * 1e3,
              static_cast<double>(bytes) / seconds.front() / 1e6);
}

template <class Sink>
spm::rates::StreamCounts read(const Body& body, Sink sink) {
  spm::rates::SeriesStream stream(body.start_ms, body.end_ms, {}, sink);
  constexpr std::size_t kSlice = 65'536;
  for (std::size_t at = 0; at < body.bytes.size(); at += kSlice) {
    expect(stream.feed(std::string_view(body.bytes).substr(at, kSlice)).has_value(), "the body was not read");
  }
  expect(stream.finish().has_value(), "the body did not end well");
  return stream.counts();
}

void run(const Body& body) {
  constexpr std::int64_t kWindow = 600'000;
  constexpr std::int64_t kStep = 60'000;
  const auto points = static_cast<std::size_t>((body.end_ms - body.start_ms) / kStep);
  const spm::model::TimeGrid grid{body.start_ms + kStep, kStep, points};
  Totals totals;
  const auto nothing = [](auto, auto, const auto&) { return spm::base::Result<void>{}; };
  const auto counts = read(body, nothing);
  totals.samples = counts.samples;
  std::printf("%zu series, %zu samples, %zu bytes (%.2f a sample), %zu points a series\n", counts.series,
              counts.samples, counts.bytes, static_cast<double>(counts.bytes) / static_cast<double>(counts.samples),
              points);

  report("checksums alone", totals, body.bytes.size(), [&] { expect(spm::rates::crc32c(body.bytes) != 1, "crc"); });
  report("frames and decoding", totals, body.bytes.size(), [&] { read(body, nothing); });
  for (const bool newer : {false, true}) {
    const auto window_start = newer ? spm::rates::WindowStart::left_open : spm::rates::WindowStart::closed;
    const auto extrapolation = newer ? spm::rates::Extrapolation::newer : spm::rates::Extrapolation::older;
    const auto summation = newer ? spm::rates::Summation::compensated : spm::rates::Summation::plain;
    report(newer ? "  + rates, as Prometheus 3" : "  + rates, as Prometheus 2", totals, body.bytes.size(), [&] {
      spm::rates::RateWindow window(grid, kWindow, window_start, extrapolation);
      read(body, [&](auto, auto, const auto& samples) {
        window.compute(samples.times_ms(), samples.values());
        return spm::base::Result<void>{};
      });
    });
    report(newer ? "  + rates and two groupings, as Prometheus 3" : "  + rates and two groupings, as Prometheus 2",
           totals, body.bytes.size(), [&] {
             spm::rates::RateWindow window(grid, kWindow, window_start, extrapolation);
             spm::rates::ColumnSums sums(grid, summation, kGroupings, std::size_t{1} << 30U);
             read(body, [&](auto, auto labels, const auto& samples) {
               return sums.add(labels, window.compute(samples.times_ms(), samples.values()));
             });
             expect(sums.finish().size() == 2, "no columns");
           });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4) {
    std::ifstream file(argv[1], std::ios::binary);
    Body body{{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()},
              std::strtoll(argv[2], nullptr, 10),
              std::strtoll(argv[3], nullptr, 10)};
    run(body);
  } else {
    run(make_body(argc > 1 ? std::strtod(argv[1], nullptr) : 12, argc > 2 ? std::strtod(argv[2], nullptr) : 0));
  }
}
