#include "question.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace spm::grpc {
namespace {

using model::MetricKind;
using model::SpanKind;

proto::GetCallRatesRequest request_for(const char* service) {
  proto::GetCallRatesRequest request;
  request.mutable_baserequest()->add_service_names(service);
  return request;
}

google::protobuf::Duration duration(std::int64_t seconds, std::int32_t nanos) {
  google::protobuf::Duration value;
  value.set_seconds(seconds);
  value.set_nanos(nanos);
  return value;
}

TEST(Question, AnEmptyRequestAsksNothing) {
  const auto question = read_question(proto::GetCallRatesRequest());
  ASSERT_TRUE(question);
  EXPECT_EQ(question->kind, MetricKind::call_rate);
  EXPECT_TRUE(question->services.empty());
  EXPECT_TRUE(question->span_kinds.empty());
  EXPECT_FALSE(question->group_by_operation);
  EXPECT_FALSE(question->quantile);
  EXPECT_FALSE(question->end_ms);
  EXPECT_FALSE(question->lookback_ms);
  EXPECT_FALSE(question->step_ms);
  EXPECT_FALSE(question->rate_per_ms);
}

TEST(Question, EveryFieldArrives) {
  proto::GetLatenciesRequest request;
  auto& base = *request.mutable_baserequest();
  base.add_service_names("a.b");
  base.add_service_names("one|two");
  base.set_groupbyoperation(true);
  base.mutable_end_time()->set_seconds(1'763'605'800);
  base.mutable_end_time()->set_nanos(123'456'789);
  *base.mutable_lookback() = duration(1'800, 0);
  *base.mutable_step() = duration(1, 500'000'000);
  *base.mutable_rateper() = duration(90, 0);
  base.add_spankinds(proto::SPAN_KIND_CLIENT);
  base.add_spankinds(proto::SPAN_KIND_UNSPECIFIED);
  request.set_quantile(0.999);
  const auto question = read_question(request);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->kind, MetricKind::latency);
  EXPECT_EQ(question->services, (std::vector<std::string>{"a.b", "one|two"}));
  EXPECT_TRUE(question->services_with_plus.empty());
  EXPECT_TRUE(question->group_by_operation);
  EXPECT_EQ(question->end_ms, 1'763'605'800'123);
  EXPECT_EQ(question->lookback_ms, 1'800'000);
  EXPECT_EQ(question->step_ms, 1'500);
  EXPECT_EQ(question->rate_per_ms, 90'000);
  EXPECT_EQ(question->span_kinds, (std::vector<SpanKind>{SpanKind::client, SpanKind::unspecified}));
  EXPECT_EQ(question->quantile, 0.999);
}

TEST(Question, EachRpcAsksItsOwnKind) {
  EXPECT_EQ(read_question(proto::GetLatenciesRequest())->kind, MetricKind::latency);
  EXPECT_EQ(read_question(proto::GetCallRatesRequest())->kind, MetricKind::call_rate);
  EXPECT_EQ(read_question(proto::GetErrorRatesRequest())->kind, MetricKind::error_rate);
}

TEST(Question, EverySpanKindHasItsNumber) {
  const SpanKind kinds[] = {SpanKind::unspecified, SpanKind::internal, SpanKind::server,
                            SpanKind::client,      SpanKind::producer, SpanKind::consumer};
  for (int number = 0; number < 6; ++number) {
    auto request = request_for("a");
    request.mutable_baserequest()->add_spankinds(static_cast<proto::SpanKind>(number));
    EXPECT_EQ(read_question(request)->span_kinds.at(0), kinds[number]);
  }
}

TEST(Question, ASpanKindOutsideTheEnumIsRefusedByName) {
  for (const int number : {-1, 6, std::numeric_limits<int>::max()}) {
    auto request = request_for("a");
    request.mutable_baserequest()->add_spankinds(static_cast<proto::SpanKind>(number));
    const auto question = read_question(request);
    ASSERT_FALSE(question) << number;
    EXPECT_EQ(question.error().kind, base::ErrorKind::invalid_argument);
    EXPECT_NE(question.error().message.find("spanKinds"), std::string::npos);
    EXPECT_NE(question.error().message.find(std::to_string(number)), std::string::npos);
  }
}

TEST(Question, DurationsAreRoundedToMilliseconds) {
  const auto step_of = [](std::int64_t seconds, std::int32_t nanos) {
    auto request = request_for("a");
    *request.mutable_baserequest()->mutable_step() = duration(seconds, nanos);
    return read_question(request)->step_ms.value();
  };
  EXPECT_EQ(step_of(0, 0), 0);
  EXPECT_EQ(step_of(0, 499'999), 0);
  EXPECT_EQ(step_of(0, 500'000), 1);
  EXPECT_EQ(step_of(1, 999'500'000), 2'000);
  EXPECT_EQ(step_of(-1, -1'500'000), -1'002);
  EXPECT_EQ(step_of(-5, 0), -5'000);
  EXPECT_EQ(step_of(315'576'000'000, 0), 315'576'000'000'000);
}

TEST(Question, DurationsOutsideProtobufsRangeAreRefusedByName) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const google::protobuf::Duration broken[] = {
      duration(kMost, 0), duration(-kMost - 1, 0), duration(315'576'000'001, 0), duration(0, 1'000'000'000),
      duration(1, -1),    duration(-1, 1),         duration(0, -1'000'000'000),
  };
  for (const auto& value : broken) {
    for (const char* name : {"lookback", "step", "ratePer"}) {
      auto request = request_for("a");
      auto& base = *request.mutable_baserequest();
      const std::string which = name;
      if (which == "lookback") *base.mutable_lookback() = value;
      if (which == "step") *base.mutable_step() = value;
      if (which == "ratePer") *base.mutable_rateper() = value;
      const auto question = read_question(request);
      ASSERT_FALSE(question) << value.DebugString();
      EXPECT_EQ(question.error().kind, base::ErrorKind::invalid_argument);
      EXPECT_EQ(question.error().parameter, which);
      EXPECT_NE(question.error().message.find(which), std::string::npos);
    }
  }
}

TEST(Question, TimesOutsideProtobufsRangeAreRefusedByName) {
  const std::pair<std::int64_t, std::int32_t> broken[] = {{-62'135'596'801, 0},
                                                          {253'402'300'800, 0},
                                                          {0, -1},
                                                          {0, 1'000'000'000},
                                                          {std::numeric_limits<std::int64_t>::max(), 0},
                                                          {std::numeric_limits<std::int64_t>::min(), 0}};
  for (const auto& [seconds, nanos] : broken) {
    auto request = request_for("a");
    request.mutable_baserequest()->mutable_end_time()->set_seconds(seconds);
    request.mutable_baserequest()->mutable_end_time()->set_nanos(nanos);
    const auto question = read_question(request);
    ASSERT_FALSE(question) << seconds << " " << nanos;
    EXPECT_EQ(question.error().parameter, "endTs");
    EXPECT_NE(question.error().message.find("endTs"), std::string::npos);
  }
}

TEST(Question, TheEdgesOfTimeAreTimes) {
  auto request = request_for("a");
  request.mutable_baserequest()->mutable_end_time()->set_seconds(-62'135'596'800);
  EXPECT_EQ(read_question(request)->end_ms, -62'135'596'800'000);
  request.mutable_baserequest()->mutable_end_time()->set_seconds(-1);
  request.mutable_baserequest()->mutable_end_time()->set_nanos(999'000'000);
  EXPECT_EQ(read_question(request)->end_ms, -1);
}

}  // namespace
}  // namespace spm::grpc
