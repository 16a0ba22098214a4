// What a point costs between the store's JSON and Jaeger's JSON: decode, reshape, encode, each alone and all together.
// Prints the best and the median of several rounds; the best is the least disturbed by whatever else the machine does.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <spm/promql/text.hpp>
#include <spm/reshape/family.hpp>

#include "jaeger_json.hpp"
#include "padded_buffer.hpp"
#include "range_decoder.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 15;

struct Shape {
  const char* name;
  std::size_t series;
  std::size_t points;  // a series
};

/// A latency answer as Prometheus writes it: `series` operations of one service over one grid.
std::string store_answer(const Shape& shape, const spm::model::TimeGrid& grid) {
  std::string json = R"({"status":"success","data":{"resultType":"matrix","result":[)";
  for (std::size_t s = 0; s < shape.series; ++s) {
    if (s > 0) json += ',';
    json += R"({"metric":{"service_name":"frontend","span_name":"HTTP GET /operation/)" + std::to_string(s) +
            R"("},"values":[)";
    for (std::size_t i = 0; i < shape.points; ++i) {
      if (i > 0) json += ',';
      // Quantiles of real traffic: seventeen digits that look like chance and are the same every time.
      const double value = 100 + 90 * std::sin(static_cast<double>(s * 7919 + i * 104'729));
      json += '[' + spm::promql::decimal_seconds(grid.at(i)) + ",\"" + spm::promql::number(value) + "\"]";
    }
    json += "]}";
  }
  return json + "]}}";
}

void report(const char* shape, const char* what, std::size_t points, std::size_t bytes,
            const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    const auto before = Clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - before).count());
  }
  std::sort(seconds.begin(), seconds.end());
  const double best = seconds.front();
  const double median = seconds[seconds.size() / 2];
  const auto count = static_cast<double>(points);
  std::printf("%-22s %-8s %8.1f ns/point best  %8.1f median  %7.1f Mpoints/s  %8.1f MB/s\n", shape, what,
              best * 1e9 / count, median * 1e9 / count, count / best / 1e6, static_cast<double>(bytes) / best / 1e6);
}

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "bench_points: %s\n", what);
  std::exit(1);
}

void run(const Shape& shape) {
  const spm::model::TimeGrid grid{1'795'132'800'000, 60'000, shape.points};
  const spm::prometheus::PaddedBuffer body(store_answer(shape, grid));
  const std::size_t points = shape.series * shape.points;
  const spm::prometheus::DecodeLimits limits;

  spm::model::MetricQuery query;
  query.kind = spm::model::MetricKind::latency;
  query.quantile = 0.95;
  query.group_by_operation = true;
  query.grid = grid;
  const spm::model::MetricNames names;

  const auto decode = [&] {
    auto decoded = spm::prometheus::decode_range_answer(body, grid, limits);
    expect(decoded.has_value() && decoded->matrix.series.size() == shape.series, "the answer was not decoded");
    return std::move(decoded->matrix);
  };
  const spm::model::MetricFamily family = spm::reshape::to_family(query, names, decode());
  const std::size_t encoded = spm::http::family_json(family).size();

  report(shape.name, "decode", points, body.size(), [&] { decode(); });
  report(shape.name, "encode", points, encoded,
         [&] { expect(spm::http::family_json(family).size() == encoded, "the answer was not encoded"); });
  report(shape.name, "all", points, body.size() + encoded, [&] {
    const auto whole = spm::http::family_json(spm::reshape::to_family(query, names, decode()));
    expect(whole.size() == encoded, "the answer was not encoded");
  });
}

}  // namespace

int main() {
  for (const Shape& shape : {Shape{"1 series, 61 points", 1, 61}, Shape{"20 series, 61", 20, 61},
                             Shape{"20 series, 2821", 20, 2821}, Shape{"1000 series, 721", 1000, 721}}) {
    run(shape);
  }
}
