#pragma once

#include <jaeger/api_v2/metrics/openmetrics.pb.h>

#include <spm/model/metric_family.hpp>

namespace spm::grpc {

namespace proto = ::jaeger::api_v2::metrics;

/// Writes `family` into the empty message `out`: a gauge value for every point that is there, none for those absent.
void write_family(const model::MetricFamily& family, proto::MetricFamily& out);

}  // namespace spm::grpc
