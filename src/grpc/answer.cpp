#include "answer.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spm::grpc {
namespace {

struct GridTime {
  std::int64_t seconds;
  std::int32_t nanos;  ///< never negative, before 1970 neither
};

std::vector<GridTime> times_of(const model::TimeGrid& grid) {
  std::vector<GridTime> times;
  times.reserve(grid.points);
  for (std::size_t i = 0; i < grid.points; ++i) {
    std::int64_t seconds = grid.at(i) / 1'000;
    std::int64_t ms = grid.at(i) % 1'000;
    if (ms < 0) {
      ms += 1'000;
      --seconds;
    }
    times.push_back(GridTime{seconds, static_cast<std::int32_t>(ms * 1'000'000)});
  }
  return times;
}

void write_series(const model::Series& series, const std::vector<GridTime>& times, proto::Metric& out) {
  for (const model::Label& label : series.labels) {
    proto::Label& written = *out.add_labels();
    written.set_name(label.name);
    written.set_value(label.value);
  }
  out.mutable_metric_points()->Reserve(static_cast<int>(series.column.count()));
  for (std::size_t i = 0; i < series.column.size() && i < times.size(); ++i) {
    if (!series.column.has(i)) continue;
    proto::MetricPoint& point = *out.add_metric_points();
    point.mutable_gauge_value()->set_double_value(series.column.value(i));
    point.mutable_timestamp()->set_seconds(times[i].seconds);
    point.mutable_timestamp()->set_nanos(times[i].nanos);
  }
}

}  // namespace

void write_family(const model::MetricFamily& family, proto::MetricFamily& out) {
  out.set_name(family.name);
  out.set_type(proto::GAUGE);
  out.set_help(family.help);
  const std::vector<GridTime> times = times_of(family.grid);
  out.mutable_metrics()->Reserve(static_cast<int>(family.metrics.size()));
  for (const model::Series& series : family.metrics) write_series(series, times, *out.add_metrics());
}

}  // namespace spm::grpc
