#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/metric_names.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/promql/ast.hpp>
#include <spm/promql/templates.hpp>
#include <spm/promql/text.hpp>

namespace spm::promql {

/// `label op value` as it stands in a selector.
std::string write_matcher(const Matcher& matcher, Dialect dialect);

/// `name{matchers}`, or `{__name__="a.b",matchers}` where the name cannot stand bare. Without matchers the bare name.
std::string write_selector(std::string_view metric, std::span<const Matcher> matchers, Dialect dialect);

/// The matcher for exactly these values of a label: `=` for one, a fully escaped alternation for several.
/// Precondition: at least one value. Values are UTF-8 and not empty.
Matcher match_any(std::string_view label, std::span<const std::string> values);

/// The matchers that leave nothing but the series of this family: names.membership.
std::vector<Matcher> membership_matchers(const model::MetricNames& names);

struct BuildOptions {
  Dialect dialect = Dialect::prometheus;
  /// Stand in every selector beside the query's own: filters of the caller.
  std::vector<Matcher> extra_matchers;
  /// What makes a call an error, in place of the status label's values. Empty: the status label tells.
  std::vector<Matcher> error_matchers;
  /// Buckets may be bounded by VictoriaMetrics' `vmrange` label as well as by `le`.
  bool vmrange_buckets = false;
};

/// The series that a question counts.
struct Selection {
  std::string metric;
  std::vector<Matcher> matchers;  ///< beside the name
};

/// What the built-in templates for `which` take the rate of, as build() writes it, without the error matchers. nullopt:
/// it is no plain counter but a native histogram, alone or beside a counter, or there is nothing to count.
std::optional<Selection> select_counters(const model::MetricNames& names, const model::MetricQuery& query,
                                         std::span<const std::string> services, model::MetricKind which,
                                         const BuildOptions& options = {});

/// The PromQL text for `which` of the question: usually query.kind, but an answer about error rates also asks for the
/// call rates of the same question. `services` stands for query.services or for their other reading,
/// query.services_with_plus.
///
/// A label of `names` that is empty is not there in the store: not matched, not grouped by. A metric that is empty is
/// replaced: call and error rates are counted by the native histogram. Where both forms of the histogram are there the
/// text is `(native) or (classic)`, which carries a chart over the time at which a store changes from one to the other;
/// so are call rates whose counter is the classic histogram's own count.
///
/// Fails (internal) on names that cannot answer the question: no metric name, no service label, no way to see errors.
base::Result<std::string> build(const TemplateSet& templates, const model::MetricNames& names,
                                const model::MetricQuery& query, std::span<const std::string> services,
                                model::MetricKind which, const BuildOptions& options = {});

}  // namespace spm::promql
