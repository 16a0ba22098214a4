#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <spm/schema/configured_names.hpp>
#include <spm/service/promql_metrics_service.hpp>

namespace spm::service {
namespace {

using base::ErrorKind;
using base::Result;
using model::MetricKind;
using prometheus::RangeAnswer;
using prometheus::RangeQuery;

/// Answers each query by a function of its text; remembers what was asked.
class FakePrometheusClient final : public prometheus::PrometheusClient {
 public:
  std::function<Result<RangeAnswer>(const RangeQuery&)> answer;
  std::vector<std::string> asked;

  boost::asio::awaitable<Result<RangeAnswer>> query_range(RangeQuery query, const base::CallContext&) override {
    asked.push_back(query.text);
    co_return answer(query);
  }
  boost::asio::awaitable<Result<void>> probe(base::Deadline) override { co_return Result<void>(); }
};

RangeAnswer one_series(const RangeQuery& query, const std::string& service, double value) {
  RangeAnswer answer;
  answer.matrix.grid = query.grid;
  model::Series series{{{"service_name", service}}, model::Column(query.grid.points)};
  for (std::size_t i = 0; i < query.grid.points; ++i) series.column.set(i, value);
  answer.matrix.series.push_back(std::move(series));
  return answer;
}

RangeAnswer nothing(const RangeQuery& query) {
  RangeAnswer answer;
  answer.matrix.grid = query.grid;
  return answer;
}

class ServiceTest : public testing::Test {
 protected:
  Result<MetricsAnswer> ask(model::MetricQuery query) {
    Result<MetricsAnswer> result = base::fail(ErrorKind::internal, "never answered");
    boost::asio::io_context io;
    const base::CallContext context(base::Deadline::after(std::chrono::seconds{30}));
    const auto service =
        create_promql_metrics_service(*names_, promql::TemplateSet::built_in(), store_, metrics_, *log_, 20'000);
    boost::asio::co_spawn(io, service->answer(std::move(query), context),
                          [&](const std::exception_ptr& failure, Result<MetricsAnswer> answer) {
                            ASSERT_FALSE(failure);
                            result = std::move(answer);
                          });
    io.run();
    return result;
  }

  static model::MetricQuery query_of(MetricKind kind, std::vector<std::string> services = {"frontend"}) {
    model::UncheckedMetricQuery asked;
    asked.kind = kind;
    asked.services = std::move(services);
    asked.lookback_ms = 60'000;
    asked.step_ms = 60'000;
    if (kind == MetricKind::latency) asked.quantile = 0.95;
    return model::check(std::move(asked), 1'795'141'800'000).value();
  }

  FakePrometheusClient store_;
  telemetry::Metrics metrics_;
  std::shared_ptr<std::string> lines_ = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log_ = telemetry::Log::to_memory(lines_);
  std::unique_ptr<schema::NamesSource> names_ = schema::create_configured_names(model::MetricNames{});
};

TEST_F(ServiceTest, AsksOnceForCallRates) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 2.5); };
  const auto answer = ask(query_of(MetricKind::call_rate));
  ASSERT_TRUE(answer);
  EXPECT_EQ(store_.asked.size(), 1U);
  EXPECT_EQ(answer->family.name, "service_call_rate");
  ASSERT_EQ(answer->family.metrics.size(), 1U);
  EXPECT_EQ(answer->family.metrics[0].column.value(1), 2.5);
  EXPECT_TRUE(answer->notices.empty());
}

TEST_F(ServiceTest, AsksForErrorRatiosAndCalls) {
  store_.answer = [](const RangeQuery& query) -> Result<RangeAnswer> {
    if (query.text.find("STATUS_CODE_ERROR") != std::string::npos) return nothing(query);
    return one_series(query, "frontend", 3);
  };
  const auto answer = ask(query_of(MetricKind::error_rate));
  ASSERT_TRUE(answer);
  EXPECT_EQ(store_.asked.size(), 2U);
  ASSERT_EQ(answer->family.metrics.size(), 1U);
  EXPECT_EQ(answer->family.metrics[0].column.value(0), 0);  // calls without errors: 0 %
}

TEST_F(ServiceTest, AnErrorOfEitherQueryIsTheAnswer) {
  for (const bool ratio_fails : {true, false}) {
    store_.answer = [&](const RangeQuery& query) -> Result<RangeAnswer> {
      const bool ratio = query.text.find("STATUS_CODE_ERROR") != std::string::npos;
      if (ratio == ratio_fails) return base::fail(ErrorKind::store_unreachable, "gone");
      return one_series(query, "frontend", 3);
    };
    const auto answer = ask(query_of(MetricKind::error_rate));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::store_unreachable);
  }
}

TEST_F(ServiceTest, TriesTheOtherReadingOnlyWhenTheFirstHasNoSeries) {
  store_.answer = [](const RangeQuery& query) -> Result<RangeAnswer> {
    if (query.text.find("\"a+b\"") == std::string::npos) return nothing(query);
    return one_series(query, "a+b", 1);
  };
  model::MetricQuery query = query_of(MetricKind::call_rate, {"a b"});
  query.services_with_plus = {"a+b"};
  auto answer = ask(query);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->family.metrics.size(), 1U);
  EXPECT_EQ(answer->family.metrics[0].labels[0].value, "a+b");
  ASSERT_EQ(answer->notices.size(), 1U);
  EXPECT_EQ(answer->notices[0].kind, NoticeKind::services_with_plus);

  store_.asked.clear();
  store_.answer = [](const RangeQuery& asked) { return one_series(asked, "a b", 1); };
  answer = ask(query);
  EXPECT_EQ(store_.asked.size(), 1U);
  EXPECT_TRUE(answer->notices.empty());

  store_.asked.clear();
  store_.answer = [](const RangeQuery& asked) -> Result<RangeAnswer> { return nothing(asked); };
  answer = ask(query);
  EXPECT_EQ(store_.asked.size(), 2U);
  EXPECT_TRUE(answer->family.metrics.empty());
  EXPECT_TRUE(answer->notices.empty());
}

TEST_F(ServiceTest, PassesWarningsOnOnceAndCountsAndLogsThem) {
  store_.answer = [](const RangeQuery& query) -> Result<RangeAnswer> {
    RangeAnswer answer = one_series(query, "frontend", 3);
    answer.warnings = {"store 2 is\nunreachable"};
    return answer;
  };
  const auto answer = ask(query_of(MetricKind::error_rate));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->notices.size(), 1U);  // both queries were warned in the same words
  EXPECT_EQ(answer->notices[0].kind, NoticeKind::store_warning);
  EXPECT_EQ(answer->notices[0].text.find('\n'), std::string::npos);
  EXPECT_NE(lines_->find("store 2 is"), std::string::npos);
  EXPECT_NE(metrics_.exposition().find("notice=\"store_warning\"} 1"), std::string::npos);
}

TEST_F(ServiceTest, FetchesLongRangesInPieces) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  model::UncheckedMetricQuery asked;
  asked.services = {"frontend"};
  asked.lookback_ms = 57'600'000;  // 11,521 points of 5 s
  const auto answer = ask(model::check(std::move(asked), 1'795'141'800'000).value());
  ASSERT_TRUE(answer);
  EXPECT_EQ(store_.asked.size(), 2U);
  EXPECT_EQ(answer->family.grid.points, 11'521U);
  EXPECT_EQ(answer->family.metrics[0].column.count(), 11'521U);
}

TEST_F(ServiceTest, SaysThatTheStepWasWidened) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  model::UncheckedMetricQuery asked;
  asked.services = {"frontend"};
  asked.lookback_ms = 700'000'000;
  const auto answer = ask(model::check(std::move(asked), 1'795'141'800'000).value());
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->notices.size(), 1U);
  EXPECT_EQ(answer->notices[0].kind, NoticeKind::step_widened);
  EXPECT_EQ(answer->notices[0].text, "widened from 5000 to 10000 ms");
}

TEST(Notices, HaveAHeaderAndALabelEach) {
  EXPECT_EQ(header_name(NoticeKind::store_warning), "X-SPM-Warning");
  EXPECT_EQ(header_name(NoticeKind::services_with_plus), "X-SPM-Services");
  EXPECT_EQ(metric_label(NoticeKind::step_widened), "step_widened");
}

}  // namespace
}  // namespace spm::service
