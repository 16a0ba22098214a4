#pragma once

#include <jaeger/api_v2/metrics/metricsquery.pb.h>

#include <spm/base/result.hpp>
#include <spm/model/metric_query.hpp>

namespace spm::grpc {

namespace proto = ::jaeger::api_v2::metrics;

/// The question in a request. Fails where protobuf's own rules are broken: a time or duration out of range, a span
/// kind without a meaning. Everything else is for model::check to judge. Names in errors are those of the HTTP API.
base::Result<model::UncheckedMetricQuery> read_question(const proto::GetLatenciesRequest& request);
base::Result<model::UncheckedMetricQuery> read_question(const proto::GetCallRatesRequest& request);
base::Result<model::UncheckedMetricQuery> read_question(const proto::GetErrorRatesRequest& request);

}  // namespace spm::grpc
