#include "question.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spm::grpc {
namespace {

using base::fail;
using base::invalid_parameter;
using base::Result;
using google::protobuf::Duration;
using google::protobuf::Timestamp;

// The limits that protobuf documents for its well-known types.
constexpr std::int64_t kMinTimestampSeconds = -62'135'596'800;
constexpr std::int64_t kMaxTimestampSeconds = 253'402'300'799;
constexpr std::int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr std::int32_t kMaxNanos = 999'999'999;

/// Halves are rounded away from zero.
std::int64_t to_whole_ms(std::int64_t seconds, std::int32_t nanos) {
  const std::int32_t half = nanos < 0 ? -500'000 : 500'000;
  return seconds * 1'000 + (nanos + half) / 1'000'000;
}

Result<std::int64_t> read_time(std::string_view name, const Timestamp& time) {
  if (time.seconds() < kMinTimestampSeconds || time.seconds() > kMaxTimestampSeconds || time.nanos() < 0 ||
      time.nanos() > kMaxNanos) {
    return fail(invalid_parameter(name, std::string(name) + " (end_time) is not a valid Timestamp: " +
                                            std::to_string(time.seconds()) + " s and " + std::to_string(time.nanos()) +
                                            " ns, write a time of the years 1 to 9999 with 0 to 999999999 ns"));
  }
  return to_whole_ms(time.seconds(), time.nanos());
}

Result<std::int64_t> read_duration(std::string_view name, const Duration& duration) {
  const bool in_range = duration.seconds() >= -kMaxDurationSeconds && duration.seconds() <= kMaxDurationSeconds &&
                        duration.nanos() >= -kMaxNanos && duration.nanos() <= kMaxNanos;
  const bool signs_agree =
      !(duration.seconds() > 0 && duration.nanos() < 0) && !(duration.seconds() < 0 && duration.nanos() > 0);
  if (!in_range || !signs_agree) {
    return fail(invalid_parameter(name, std::string(name) +
                                            " is not a valid Duration: " + std::to_string(duration.seconds()) +
                                            " s and " + std::to_string(duration.nanos()) +
                                            " ns, write at most 315576000000 s and 999999999 ns, both of one sign"));
  }
  return to_whole_ms(duration.seconds(), duration.nanos());
}

Result<model::SpanKind> read_span_kind(int number) {
  switch (number) {
    case proto::SPAN_KIND_UNSPECIFIED:
      return model::SpanKind::unspecified;
    case proto::SPAN_KIND_INTERNAL:
      return model::SpanKind::internal;
    case proto::SPAN_KIND_SERVER:
      return model::SpanKind::server;
    case proto::SPAN_KIND_CLIENT:
      return model::SpanKind::client;
    case proto::SPAN_KIND_PRODUCER:
      return model::SpanKind::producer;
    case proto::SPAN_KIND_CONSUMER:
      return model::SpanKind::consumer;
    default:
      break;
  }
  return fail(invalid_parameter("spanKind",
                                "spanKinds holds " + std::to_string(number) + ", which is no span kind: write 0 to 5"));
}

Result<model::UncheckedMetricQuery> read_base(model::MetricKind kind, const proto::MetricsQueryBaseRequest& request) {
  model::UncheckedMetricQuery question;
  question.kind = kind;
  question.services.assign(request.service_names().begin(), request.service_names().end());
  question.group_by_operation = request.groupbyoperation();
  for (const int number : request.spankinds()) {
    const auto span_kind = read_span_kind(number);
    if (!span_kind) return fail(span_kind.error());
    question.span_kinds.push_back(*span_kind);
  }
  if (request.has_end_time()) {
    const auto end = read_time("endTs", request.end_time());
    if (!end) return fail(end.error());
    question.end_ms = *end;
  }
  if (request.has_lookback()) {
    const auto lookback = read_duration("lookback", request.lookback());
    if (!lookback) return fail(lookback.error());
    question.lookback_ms = *lookback;
  }
  if (request.has_step()) {
    const auto step = read_duration("step", request.step());
    if (!step) return fail(step.error());
    question.step_ms = *step;
  }
  if (request.has_rateper()) {
    const auto rate_per = read_duration("ratePer", request.rateper());
    if (!rate_per) return fail(rate_per.error());
    question.rate_per_ms = *rate_per;
  }
  return question;
}

}  // namespace

Result<model::UncheckedMetricQuery> read_question(const proto::GetLatenciesRequest& request) {
  auto question = read_base(model::MetricKind::latency, request.baserequest());
  if (question) question->quantile = request.quantile();  // proto3 cannot tell an absent one from 0; both are refused
  return question;
}

Result<model::UncheckedMetricQuery> read_question(const proto::GetCallRatesRequest& request) {
  return read_base(model::MetricKind::call_rate, request.baserequest());
}

Result<model::UncheckedMetricQuery> read_question(const proto::GetErrorRatesRequest& request) {
  return read_base(model::MetricKind::error_rate, request.baserequest());
}

}  // namespace spm::grpc
