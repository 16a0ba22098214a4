#pragma once

#include <span>
#include <string>
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

/// The matcher for exactly these values of a label: `=` for one, a fully escaped alternation for several.
/// Precondition: at least one value. Values are UTF-8 and not empty.
Matcher match_any(std::string_view label, std::span<const std::string> values);

struct BuildOptions {
  Dialect dialect = Dialect::prometheus;
  /// Stand in every selector beside the query's own: a tenant, a cluster, a filter of the caller.
  std::vector<Matcher> extra_matchers;
};

/// The PromQL text for `which` of the question: usually query.kind, but an answer about error rates also asks for the
/// call rates of the same question. `services` stands for query.services or for their other reading,
/// query.services_with_plus. A label of `names` that is empty is not there in the store, and not matched.
/// Fails (internal) on names that cannot answer the question: no metric name, no service label, no way to see errors,
/// grouping by operation without its label.
base::Result<std::string> build(const TemplateSet& templates, const model::MetricNames& names,
                                const model::MetricQuery& query, std::span<const std::string> services,
                                model::MetricKind which, const BuildOptions& options = {});

}  // namespace spm::promql
