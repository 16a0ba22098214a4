#include <grpcpp/generic/generic_stub.h>

#include "door_fixture.hpp"

namespace spm::grpc {
namespace {

using base::ErrorKind;
using testing::HasSubstr;
using testing::Not;

class CallsTest : public DoorTest {};

std::string value_of(const std::multimap<::grpc::string_ref, ::grpc::string_ref>& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "absent" : std::string(found->second.data(), found->second.length());
}

TEST_F(CallsTest, AnAnswerComesBackWhole) {
  open();
  model::MetricFamily family;
  family.name = "service_call_rate";
  family.grid = {1'763'605'800'000, 60'000, 2};
  model::Series series;
  series.labels = {{"service_name", "frontend"}};
  series.column = model::Column(2);
  series.column.set(1, 19.02222222222222);
  family.metrics.push_back(series);
  service_.given.set_family(family);
  const auto status = ask();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.metrics().name(), "service_call_rate");
  ASSERT_EQ(response_.metrics().metrics_size(), 1);
  ASSERT_EQ(response_.metrics().metrics(0).metric_points_size(), 1);
  EXPECT_EQ(response_.metrics().metrics(0).metric_points(0).gauge_value().double_value(), 19.02222222222222);
  EXPECT_EQ(response_.metrics().metrics(0).metric_points(0).timestamp().seconds(), 1'763'605'860);
}

TEST_F(CallsTest, TellsWhatCachesDidAndWhichWindowWasUsed) {
  model::MetricFamily family;
  family.grid = {1'763'605'740'000, 60'000, 2};
  service_.given.set_family(family);
  service_.given.cache = service::CacheResult::hit;
  open();
  ::grpc::ClientContext context;
  ASSERT_TRUE(ask(context).ok());
  EXPECT_EQ(value_of(context.GetServerTrailingMetadata(), "x-spm-cache"),
            "hit; start=1763605740000; end=1763605800000; step=60000");
  EXPECT_FALSE(service_.last_context().wants_fresh);

  ::grpc::ClientContext fresh;
  fresh.AddMetadata("cache-control", "no-cache");
  ASSERT_TRUE(ask(fresh).ok());
  EXPECT_TRUE(service_.last_context().wants_fresh);

  service_.error = base::Error(ErrorKind::rate_limited, "slower");
  service_.mode = FakeMetricsService::Mode::fail;  // atomic: what was set before is seen
  ::grpc::ClientContext failed;
  ASSERT_FALSE(ask(failed).ok());
  EXPECT_EQ(value_of(failed.GetServerTrailingMetadata(), "x-spm-cache"), "absent");
}

TEST_F(CallsTest, AnAnswerThatIsKeptIsSentAsItWasWrittenFirst) {
  service_.given.encodings = std::make_shared<service::Encodings>(io_.get_executor(), [] {});
  proto::GetMetricsResponse other;
  other.mutable_metrics()->set_name("written before");
  service_.given.encodings->keep("protobuf", std::make_shared<const std::string>(other.SerializeAsString()));
  open();
  ASSERT_TRUE(ask().ok());
  EXPECT_EQ(response_.metrics().name(), "written before");
}

TEST_F(CallsTest, LargeAnswersAreWrittenByWorkers) {
  sharing::Workers workers(1);
  workers_ = &workers;
  model::MetricFamily family;
  family.grid = {0, 1, service::kManyPoints + 1};
  family.metrics.push_back({{{"service_name", "a"}}, model::Column(family.grid.points)});
  family.metrics[0].column.set(service::kManyPoints, 7);
  service_.given.set_family(family);
  open();
  const auto status = ask();
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response_.metrics().metrics(0).metric_points_size(), 1);
  EXPECT_EQ(response_.metrics().metrics(0).metric_points(0).gauge_value().double_value(), 7);
  server_.reset();
}

TEST_F(CallsTest, WhatIsNoMessageIsRefused) {
  open();
  ::grpc::GenericStub generic(channel_);
  ::grpc::ClientContext context;
  const ::grpc::Slice slice("\xff\xff\xff");
  ::grpc::ByteBuffer request(&slice, 1);
  ::grpc::ByteBuffer response;
  std::promise<::grpc::Status> ended;
  generic.UnaryCall(&context, "/jaeger.api_v2.metrics.MetricsQueryService/GetCallRates", {}, &request, &response,
                    [&](::grpc::Status status) { ended.set_value(std::move(status)); });
  const ::grpc::Status status = ended.get_future().get();
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("protobuf"));
  EXPECT_FALSE(service_.asked());
}

TEST_F(CallsTest, TheQuestionReachesTheServiceChecked) {
  open();
  ASSERT_TRUE(ask().ok());
  model::MetricQuery query = service_.last_query();
  EXPECT_EQ(query.kind, model::MetricKind::call_rate);
  EXPECT_EQ(query.services, std::vector<std::string>{"frontend"});
  EXPECT_EQ(query.span_kinds, std::vector<model::SpanKind>{model::SpanKind::server});
  EXPECT_EQ(query.grid.start_ms, clock_.now_ms() - model::kDefaultLookbackMs);
  EXPECT_EQ(query.grid.step_ms, model::kDefaultStepMs);

  proto::GetLatenciesRequest latencies;
  latencies.mutable_baserequest()->add_service_names("a.b");
  latencies.set_quantile(0.5);
  ::grpc::ClientContext first;
  ASSERT_TRUE(stub_->GetLatencies(&first, latencies, &response_).ok());
  query = service_.last_query();
  EXPECT_EQ(query.kind, model::MetricKind::latency);
  EXPECT_EQ(query.quantile, 0.5);

  proto::GetErrorRatesRequest errors;
  errors.mutable_baserequest()->add_service_names("a.b");
  ::grpc::ClientContext second;
  ASSERT_TRUE(stub_->GetErrorRates(&second, errors, &response_).ok());
  EXPECT_EQ(service_.last_query().kind, model::MetricKind::error_rate);
}

TEST_F(CallsTest, MinStepIsOneMillisecond) {
  open();
  ::grpc::ClientContext context;
  proto::GetMinStepDurationResponse response;
  ASSERT_TRUE(stub_->GetMinStepDuration(&context, {}, &response).ok());
  EXPECT_EQ(response.minstep().seconds(), 0);
  EXPECT_EQ(response.minstep().nanos(), 1'000'000);
}

TEST_F(CallsTest, JaegersWordsForWhatIsMissing) {
  open();
  const auto no_services = ask(proto::GetCallRatesRequest());
  EXPECT_EQ(no_services.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(no_services.error_message(), "please provide at least one service name");

  proto::GetLatenciesRequest request;
  request.mutable_baserequest()->add_service_names("frontend");
  ::grpc::ClientContext context;
  const auto no_quantile = stub_->GetLatencies(&context, request, &response_);
  EXPECT_EQ(no_quantile.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(no_quantile.error_message(), "please provide a quantile between (0, 1]");
  EXPECT_FALSE(service_.asked());
}

TEST_F(CallsTest, BadParametersAreNamedAndNeverReachTheService) {
  open();
  auto negative_lookback = call_rates();
  negative_lookback.mutable_baserequest()->mutable_lookback()->set_seconds(-5);
  auto zero_step = call_rates();
  zero_step.mutable_baserequest()->mutable_step();
  auto negative_window = call_rates();
  negative_window.mutable_baserequest()->mutable_rateper()->set_seconds(-1);
  auto odd_kind = call_rates();
  odd_kind.mutable_baserequest()->add_spankinds(static_cast<proto::SpanKind>(77));
  auto odd_time = call_rates();
  odd_time.mutable_baserequest()->mutable_end_time()->set_nanos(-1);
  const std::pair<proto::GetCallRatesRequest, const char*> cases[] = {{negative_lookback, "lookback"},
                                                                      {zero_step, "step"},
                                                                      {negative_window, "ratePer"},
                                                                      {odd_kind, "spanKinds"},
                                                                      {odd_time, "endTs"}};
  for (const auto& [request, name] : cases) {
    const auto status = ask(request);
    EXPECT_EQ(status.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT) << name;
    EXPECT_THAT(status.error_message(), HasSubstr(name));
  }
  EXPECT_FALSE(service_.asked());
}

TEST_F(CallsTest, WithoutAStoreEverythingIsUnimplemented) {
  open({}, false);
  const auto status = ask();
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(status.error_message(), "metrics querying is currently disabled");
}

TEST_F(CallsTest, AnErrorOfTheServiceKeepsItsMeaning) {
  open();
  service_.mode = FakeMetricsService::Mode::fail;
  service_.error = base::Error(ErrorKind::rate_limited, "the store asks to wait").retry_in(std::chrono::seconds(7));
  ::grpc::ClientContext context;
  const auto status = ask(context);
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "the store asks to wait");
  EXPECT_EQ(value_of(context.GetServerTrailingMetadata(), "retry-after"), "7");
  EXPECT_THAT(metrics_.exposition(), HasSubstr("request_errors_total{door=\"grpc\",kind=\"rate_limited\"} 1\n"));
  EXPECT_THAT(logged(), HasSubstr("level=warning msg=\"request failed\""));
}

TEST_F(CallsTest, AnExceptionIsInternalAndTellsTheCallerNothing) {
  open();
  service_.mode = FakeMetricsService::Mode::explode;
  const auto status = ask();
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
  EXPECT_THAT(logged(), HasSubstr("detail=\"secret inside\""));
}

TEST_F(CallsTest, NoticesAreTrailingMetadata) {
  open();
  service_.given.notices = {{service::NoticeKind::store_warning, "results of \u00e9 are partial"},
                            {service::NoticeKind::step_widened, "5s to 10s"}};
  ::grpc::ClientContext context;
  ASSERT_TRUE(ask(context).ok());
  EXPECT_EQ(value_of(context.GetServerTrailingMetadata(), "x-spm-warning"), "results of %C3%A9 are partial");
  EXPECT_EQ(value_of(context.GetServerTrailingMetadata(), "x-spm-step"), "5s to 10s");
}

TEST_F(CallsTest, TheRequestIdComesBackAndStandsInTheAccessLog) {
  open();
  ::grpc::ClientContext context;
  context.AddMetadata("x-request-id", "my-id-1");
  ASSERT_TRUE(ask(context).ok());
  EXPECT_EQ(value_of(context.GetServerInitialMetadata(), "x-request-id"), "my-id-1");
  EXPECT_EQ(service_.last_context().request_id, "my-id-1");
  EXPECT_THAT(logged(), HasSubstr("msg=access request_id=my-id-1 door=grpc method=GetCallRates code=OK"));
  EXPECT_THAT(metrics_.exposition(),
              HasSubstr("requests_total{code=\"OK\",door=\"grpc\",method=\"GetCallRates\"} 1\n"));

  ::grpc::ClientContext refused;
  EXPECT_FALSE(ask(refused, proto::GetCallRatesRequest()).ok());
  EXPECT_EQ(value_of(refused.GetServerInitialMetadata(), "x-request-id").size(), 16U);
  EXPECT_THAT(logged(), HasSubstr("code=INVALID_ARGUMENT"));
}

TEST_F(CallsTest, TheTokenIsTakenOnlyWhenItIsToBeForwarded) {
  open();
  ::grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer very-secret");
  context.AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(ask(context).ok());
  EXPECT_EQ(service_.last_context().bearer_token, "");
  EXPECT_EQ(service_.last_context().traceparent, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

  GrpcOptions options;
  options.bearer_token_propagation = true;
  open(options);
  ::grpc::ClientContext again;
  again.AddMetadata("authorization", "Bearer very-secret");
  ASSERT_TRUE(ask(again).ok());
  EXPECT_EQ(service_.last_context().bearer_token, "very-secret");
  EXPECT_THAT(logged(), Not(HasSubstr("very-secret")));
}

TEST_F(CallsTest, TheEarlierDeadlineCounts) {
  open();
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  ::grpc::ClientContext hasty;
  hasty.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  ASSERT_TRUE(ask(hasty).ok());
  EXPECT_NEAR(std::chrono::duration<double>(service_.last_context().deadline.at() - soon).count(), 0, 3);

  const auto later = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  ASSERT_TRUE(ask().ok());
  EXPECT_NEAR(std::chrono::duration<double>(service_.last_context().deadline.at() - later).count(), 0, 3);

  ::grpc::ClientContext patient;
  patient.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(24 * 365));
  ASSERT_TRUE(ask(patient).ok());
  EXPECT_NEAR(std::chrono::duration<double>(service_.last_context().deadline.at() - later).count(), 0, 3);
}

TEST_F(CallsTest, ARequestOverTheLimitIsRefused) {
  GrpcOptions options;
  options.max_receive_bytes = 10'000;
  open(options);
  const std::string name(20'000, 'x');
  EXPECT_EQ(ask(call_rates(name.c_str())).error_code(), ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_FALSE(service_.asked());
  EXPECT_TRUE(ask().ok());
}

}  // namespace
}  // namespace spm::grpc
