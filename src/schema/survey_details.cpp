#include <algorithm>
#include <utility>

#include "label_choice.hpp"
#include "latency_unit.hpp"
#include "side_by_side.hpp"
#include "survey.hpp"

/// The close look at one family: what an error looks like, in which form the histogram is there, and its unit.
namespace spm::schema {
namespace {

using base::fail;
using base::Result;
using boost::asio::awaitable;
using Texts = std::vector<std::string>;
using Time = std::optional<std::int64_t>;

}  // namespace

/// Status and histogram are looked at at the same time: neither needs what the other one finds.
awaitable<Result<void>> Survey::look_closely(FoundFamily& found) {
  found.looked_closely = true;
  Pieces<void> looking;
  looking.push_back(look_at_status(found));
  if (!found.histogram.base.empty()) looking.push_back(look_at_histogram(found));
  co_return co_await all_done(std::move(looking));
}

awaitable<Result<void>> Survey::look_at_status(FoundFamily& found) {
  Family& family = found.family;
  const bool values_named = options_.schema && !options_.schema->error_values.empty();
  if (!family.names.status_label.empty()) {
    const std::string metric = family.names.calls.empty() ? found.histogram.base : family.names.calls;
    const std::string series = selector(metric, family.names);
    Result<Texts> values = co_await ask_.label_values(family.names.status_label, series, window_);
    if (!values) co_return fail(std::move(values.error()));
    family.status_values = std::move(*values);
    const bool named = options_.schema.has_value() || found.known_producer();
    if (!named && !family.status_values.empty() && !are_span_statuses(family.status_values)) {
      // HTTP's statuses, most likely.
      family.names.status_label.clear();
      family.status_values.clear();
      judge(found);
    }
  }
  family.names.error_values = values_named ? options_.schema->error_values : error_values(family.status_values);
  family.error_value_seen = values_named || any_error_value(family.status_values);
  co_return Result<void>();
}

awaitable<Result<void>> Survey::look_at_histogram(FoundFamily& found) {
  Family& family = found.family;
  const HistogramName& name = found.histogram;
  std::vector<double> bounds;
  if (family.histogram_unusable_because.empty()) {
    if (!name.bucket.empty()) {
      const std::string buckets = selector(name.bucket, family.names);
      Result<Texts> values = co_await ask_.label_values("le", buckets, window_);
      if (!values) co_return fail(std::move(values.error()));
      bounds = finite_bounds(*values);
      family.histogram.classic = !bounds.empty();
      family.histogram.only_inf = bounds.empty() && !values->empty();
      if (values->empty()) {
        Result<Texts> ranges = co_await ask_.label_values("vmrange", buckets, window_);
        if (!ranges) co_return fail(std::move(ranges.error()));
        family.histogram.vmrange = !ranges->empty();
      }
    }
    if (name.bare) {
      const std::string series = selector(name.base, family.names);
      Result<Time> newest = co_await newest_of(series, family.newest_sample_ms);
      if (!newest) co_return fail(std::move(newest.error()));
      if (*newest) {
        Result<std::optional<double>> native = co_await ask_.number("count(histogram_count(" + series + "))", **newest);
        // A store that does not know the function has no native histograms.
        if (!native && native.error().kind != base::ErrorKind::query_rejected)
          co_return fail(std::move(native.error()));
        family.histogram.native = native && *native && **native > 0;
      }
    }
    const bool readable = family.histogram.classic || family.histogram.native || family.histogram.vmrange;
    if (!readable) {
      family.histogram_unusable_because =
          family.histogram.only_inf
              ? "its only bucket is le=\"+Inf\", which is all that is left of a native histogram scraped as text"
              : "it has no buckets and is no native histogram";
    }
  }
  family.names.bucket = family.histogram.in_buckets() ? name.bucket : std::string();
  family.names.native_histogram = family.histogram.native ? name.base : std::string();
  // Without a calls counter the histogram counts; a native one does so itself.
  if (found.calls.name.empty() && !family.histogram.in_buckets() && family.histogram.native) family.names.calls.clear();
  if (found.calls.name.empty() && family.names.calls.empty() && !family.histogram.native) {
    family.rejected_because = "neither a calls counter nor a histogram that counts";
  }

  if (!bounds.empty()) {
    family.smallest_bound = bounds.front();
    family.largest_bound = bounds.back();
  }
  const bool unit_named = options_.schema && options_.schema->unit;
  if (unit_named) {
    family.names.to_milliseconds = to_milliseconds(*options_.schema->unit);
    family.unit_source = UnitSource::setting;
  } else {
    const LatencyUnit unit = infer_unit(name, family.names.operation_label, bounds, options_.naming.duration_unit);
    family.names.to_milliseconds = unit.to_milliseconds;
    family.unit_source = unit.source;
  }
  co_return Result<void>();
}

}  // namespace spm::schema
