// The query string as the Jaeger API reads it: any bytes give a checked question or an error that names something.
#include <spm/base/utf8.hpp>

#include "form.hpp"
#include "fuzz_main.hpp"
#include "jaeger_params.hpp"

void fuzz_one(std::string_view input) {
  using namespace spm;
  const auto parameters = http::decode_form(input);
  if (!parameters) {
    fuzz_require(!parameters.error().message.empty(), "an error without words");
    return;
  }
  for (const auto kind : {model::MetricKind::latency, model::MetricKind::call_rate}) {
    const auto query = http::read_metric_query(*parameters, kind, 1'795'141'800'000);
    if (!query) {
      fuzz_require(query.error().kind == base::ErrorKind::invalid_argument, "bad input is the caller's");
      fuzz_require(!query.error().parameter.empty(), "an error that names no parameter");
      continue;
    }
    fuzz_require(!query->services.empty() && !query->span_kinds.empty(), "a question without services or kinds");
    for (const auto& service : query->services) fuzz_require(base::is_valid_utf8(service), "a service is not UTF-8");
    fuzz_require(query->grid.points > 0 && query->grid.points <= model::kMaxPointsPerSeries, "a grid out of bounds");
    fuzz_require(query->rate_window_ms > 0 && query->grid.step_ms > 0, "a duration out of bounds");
  }
}
