#include "rate_text.hpp"

#include <vector>

#include <spm/promql/builder.hpp>
#include <spm/promql/text.hpp>

namespace spm::rates {

std::string rate_text(const RateQuery& query, const RatePart& part) {
  constexpr auto kDialect = promql::Dialect::prometheus;
  std::vector<promql::Matcher> matchers = query.matchers;
  if (part.only) matchers.push_back(promql::match_any(part.only->name, part.only->values));

  std::string text = "sum(rate(" + promql::write_selector(query.metric, matchers, kDialect) + '[' +
                     promql::duration(query.window_ms) + "])) by (";
  for (std::size_t i = 0; i < part.by.size(); ++i) {
    if (i > 0) text += ',';
    text += promql::label_name(part.by[i], kDialect);
  }
  return text + ')';
}

}  // namespace spm::rates
