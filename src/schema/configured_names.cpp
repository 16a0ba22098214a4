#include <utility>

#include <spm/schema/configured_names.hpp>

namespace spm::schema {
namespace {

constexpr std::string_view kDefaultNamespace = "traces_span_metrics";

class ConfiguredNames final : public NamesSource {
 public:
  explicit ConfiguredNames(SchemaPtr schema) : schema_(std::move(schema)) {}

  boost::asio::awaitable<base::Result<SchemaPtr>> schema(model::MetricKind /*kind*/,
                                                         const base::CallContext& /*context*/) override {
    co_return schema_;
  }
  boost::asio::awaitable<base::Result<SchemaPtr>> after_empty(SchemaPtr /*used*/, model::TimeGrid /*asked*/,
                                                              const base::CallContext& /*context*/) override {
    co_return SchemaPtr();
  }

 private:
  const SchemaPtr schema_;
};

std::string prefix_of(const NamingOptions& options) {
  if (options.metric_namespace) return options.metric_namespace->empty() ? "" : *options.metric_namespace + "_";
  if (options.spanmetrics_connector) return "";
  return std::string(kDefaultNamespace) + "_";
}

}  // namespace

double to_milliseconds(DurationUnit unit) noexcept {
  switch (unit) {
    case DurationUnit::seconds:
      return 1000;
    case DurationUnit::microseconds:
      return 1e-3;
    case DurationUnit::nanoseconds:
      return 1e-6;
    case DurationUnit::milliseconds:
      break;
  }
  return 1;
}

model::MetricNames names_from_settings(const NamingOptions& options) {
  const DurationUnit unit = options.duration_unit.value_or(DurationUnit::milliseconds);
  const std::string prefix = prefix_of(options);

  model::MetricNames names;
  names.to_milliseconds = to_milliseconds(unit);
  if (options.spanmetrics_connector == false) {
    names.calls = prefix + "calls_total";
    names.bucket = prefix + "latency_bucket";
    names.operation_label = "operation";
    return names;
  }
  names.calls = prefix + (options.normalize_calls.value_or(false) ? "calls_total" : "calls");
  names.bucket = prefix + "duration";
  if (options.normalize_duration.value_or(false))
    names.bucket += unit == DurationUnit::seconds ? "_seconds" : "_milliseconds";
  names.bucket += "_bucket";
  return names;
}

std::unique_ptr<NamesSource> create_configured_names(model::MetricNames names, promql::Dialect dialect) {
  auto schema = std::make_shared<StoreSchema>();
  schema->dialect = dialect;
  schema->reason = "the settings name them";
  Family family;
  family.histogram.classic = !names.bucket.empty();
  family.histogram.native = !names.native_histogram.empty();
  family.unit_source = UnitSource::setting;
  family.names = std::move(names);
  schema->families.push_back(std::move(family));
  schema->chosen = 0;
  return std::make_unique<ConfiguredNames>(std::move(schema));
}

}  // namespace spm::schema
