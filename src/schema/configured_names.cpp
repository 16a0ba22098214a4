#include <utility>

#include <spm/schema/configured_names.hpp>

namespace spm::schema {
namespace {

constexpr std::string_view kDefaultNamespace = "traces_span_metrics";

class ConfiguredNames final : public NamesSource {
 public:
  explicit ConfiguredNames(model::MetricNames names) : names_(std::move(names)) {}

  boost::asio::awaitable<base::Result<model::MetricNames>> names(const base::CallContext& /*context*/) override {
    co_return names_;
  }

 private:
  const model::MetricNames names_;
};

std::string prefix_of(const NamingOptions& options) {
  if (options.metric_namespace) return options.metric_namespace->empty() ? "" : *options.metric_namespace + "_";
  if (options.spanmetrics_connector) return "";
  return std::string(kDefaultNamespace) + "_";
}

}  // namespace

model::MetricNames names_from_settings(const NamingOptions& options) {
  const bool seconds = options.duration_unit == DurationUnit::seconds;
  const std::string prefix = prefix_of(options);

  model::MetricNames names;
  names.to_milliseconds = seconds ? 1000 : 1;
  if (options.spanmetrics_connector == false) {
    names.calls = prefix + "calls_total";
    names.bucket = prefix + "latency_bucket";
    names.operation_label = "operation";
    return names;
  }
  names.calls = prefix + (options.normalize_calls ? "calls_total" : "calls");
  names.bucket = prefix + "duration";
  if (options.normalize_duration) names.bucket += seconds ? "_seconds" : "_milliseconds";
  names.bucket += "_bucket";
  return names;
}

std::unique_ptr<NamesSource> create_configured_names(model::MetricNames names) {
  return std::make_unique<ConfiguredNames>(std::move(names));
}

}  // namespace spm::schema
