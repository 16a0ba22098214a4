#include <spm/promql/builder.hpp>

#include "operators.hpp"

namespace spm::promql {
namespace {

using model::MetricKind;

struct Sources {
  bool classic = false;
  bool native = false;
};

Sources sources_of(const model::MetricNames& names, MetricKind which) {
  Sources sources;
  const bool native_there = !names.native_histogram.empty();
  if (which == MetricKind::latency) {
    sources.classic = !names.bucket.empty();
    sources.native = native_there;
    return sources;
  }
  sources.classic = !names.calls.empty();
  // A counter of its own counts every call. The classic histogram's count ends where the native histogram begins.
  sources.native = native_there && (names.calls.empty() || names.calls == names.native_histogram + "_count");
  return sources;
}

std::string_view what_is_missing(const model::MetricNames& names, MetricKind which, const BuildOptions& options) {
  const Sources sources = sources_of(names, which);
  if (!sources.classic && !sources.native) return "the metric's name";
  if (names.service_label.empty()) return "the service label";
  if (which != MetricKind::error_rate || !options.error_matchers.empty()) return {};
  if (names.status_label.empty()) return "the status label";
  if (names.error_values.empty()) return "the status values that mean an error";
  return {};
}

std::string join_matchers(const std::vector<Matcher>& matchers, Dialect dialect) {
  std::string out;
  for (const Matcher& matcher : matchers) {
    if (!out.empty()) out += ',';
    out += write_matcher(matcher, dialect);
  }
  return out;
}

std::vector<Matcher> query_matchers(const model::MetricNames& names, const model::MetricQuery& query,
                                    std::span<const std::string> services, bool from_histogram,
                                    const BuildOptions& options) {
  std::vector<Matcher> matchers;
  matchers.push_back(match_any(names.service_label, services));
  const bool kinds_known = !names.kind_label.empty() && (names.histogram_has_kind || !from_histogram);
  if (kinds_known && !query.span_kinds.empty()) {
    std::vector<std::string> kinds;
    kinds.reserve(query.span_kinds.size());
    for (const model::SpanKind kind : query.span_kinds) kinds.emplace_back(model::label_value(kind));
    matchers.push_back(match_any(names.kind_label, kinds));
  }
  const std::vector<Matcher> membership = membership_matchers(names);
  matchers.insert(matchers.end(), membership.begin(), membership.end());
  matchers.insert(matchers.end(), options.extra_matchers.begin(), options.extra_matchers.end());
  return matchers;
}

}  // namespace

std::string write_matcher(const Matcher& matcher, Dialect dialect) {
  return label_name(matcher.label, dialect) + std::string(symbol(matcher.op)) + quote_string(matcher.value);
}

std::string write_selector(std::string_view metric, std::span<const Matcher> matchers, Dialect dialect) {
  const bool bare = is_plain_metric_name(metric);
  if (bare && matchers.empty()) return std::string(metric);
  std::string out = bare ? std::string(metric) + '{' : '{' + metric_name_matcher(metric);
  bool first = bare;
  for (const Matcher& matcher : matchers) {
    if (!first) out += ',';
    out += write_matcher(matcher, dialect);
    first = false;
  }
  return out + '}';
}

Matcher match_any(std::string_view label, std::span<const std::string> values) {
  Matcher matcher;
  matcher.label = label;
  if (values.size() == 1) {
    matcher.value = values.front();
    return matcher;
  }
  matcher.op = MatchOp::regex;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) matcher.value += '|';
    matcher.value += quote_regex(values[i]);
  }
  return matcher;
}

std::vector<Matcher> membership_matchers(const model::MetricNames& names) {
  std::vector<Matcher> matchers;
  matchers.reserve(names.membership.size());
  for (const model::LabelPresence& one : names.membership) {
    matchers.push_back({one.label, one.present ? MatchOp::not_equal : MatchOp::equal, std::string()});
  }
  return matchers;
}

std::optional<Selection> select_counters(const model::MetricNames& names, const model::MetricQuery& query,
                                         std::span<const std::string> services, MetricKind which,
                                         const BuildOptions& options) {
  const Sources sources = sources_of(names, which);
  if (!sources.classic || sources.native || services.empty() || names.service_label.empty()) return std::nullopt;
  const bool latency = which == MetricKind::latency;
  if (latency && options.vmrange_buckets) return std::nullopt;
  Selection selection;
  selection.metric = latency ? names.bucket : names.calls;
  selection.matchers = query_matchers(names, query, services, latency, options);
  return selection;
}

base::Result<std::string> build(const TemplateSet& templates, const model::MetricNames& names,
                                const model::MetricQuery& query, std::span<const std::string> services,
                                MetricKind which, const BuildOptions& options) {
  if (services.empty()) return base::fail(base::ErrorKind::internal, "a metric query without services");
  if (const std::string_view missing = what_is_missing(names, which, options); !missing.empty()) {
    return base::fail(base::ErrorKind::internal, "the names of the store's metrics lack " + std::string(missing));
  }

  Fragments fragments;
  fragments.calls = names.calls;
  fragments.bucket = names.bucket;
  fragments.histogram = names.native_histogram;
  fragments.window = duration(query.rate_window_ms);
  fragments.by = label_name(names.service_label, options.dialect);
  if (query.group_by_operation && !names.operation_label.empty()) {
    fragments.by += ',' + label_name(names.operation_label, options.dialect);
  }
  fragments.le = options.vmrange_buckets ? "le,vmrange" : "le";
  fragments.quantile = number(query.quantile);
  fragments.scale = number(names.to_milliseconds);
  if (which == MetricKind::error_rate) {
    fragments.error_matcher = options.error_matchers.empty()
                                  ? write_matcher(match_any(names.status_label, names.error_values), options.dialect)
                                  : join_matchers(options.error_matchers, options.dialect);
  }
  const auto rendered = [&](Source source) {
    const bool from_histogram = source == Source::native || which == MetricKind::latency;
    const std::vector<Matcher> matchers = query_matchers(names, query, services, from_histogram, options);
    fragments.matchers = join_matchers(matchers, options.dialect);
    return templates.of(which, source).render(fragments);
  };

  const Sources sources = sources_of(names, which);
  if (!sources.native) return rendered(Source::classic);
  if (!sources.classic) return rendered(Source::native);
  return '(' + rendered(Source::native) + ") or (" + rendered(Source::classic) + ')';
}

}  // namespace spm::promql
