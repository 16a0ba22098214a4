#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <spm/service/promql_metrics_service.hpp>

#include "fake_rates.hpp"
#include "fakes.hpp"

namespace spm::service {
namespace {

using base::ErrorKind;
using base::Result;
using model::MetricKind;
using prometheus::RangeAnswer;
using prometheus::RangeQuery;

class ServiceTest : public testing::Test {
 protected:
  Result<MetricsAnswer> ask(model::MetricQuery query) {
    const base::CallContext context = some_context();
    const auto service = create_promql_metrics_service(names_, promql::TemplateSet::built_in(), rates_, store_,
                                                       metrics_, *log_, options_);
    return run(service->answer(std::move(query), context));
  }

  /// Kinds of the notices of an answer.
  static std::vector<NoticeKind> kinds(const Result<MetricsAnswer>& answer) {
    std::vector<NoticeKind> found;
    if (!answer) return found;
    for (const Notice& notice : answer->notices) found.push_back(notice.kind);
    return found;
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
  FakeRates rates_;
  telemetry::Metrics metrics_;
  std::shared_ptr<std::string> lines_ = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log_ = telemetry::Log::to_memory(lines_);
  FakeNames names_;
  MetricsServiceOptions options_;
};

TEST_F(ServiceTest, AsksOnceForCallRates) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 2.5); };
  const auto answer = ask(query_of(MetricKind::call_rate));
  ASSERT_TRUE(answer);
  EXPECT_EQ(store_.asked.size(), 1U);
  EXPECT_EQ(answer->family->name, "service_call_rate");
  ASSERT_EQ(answer->family->metrics.size(), 1U);
  EXPECT_EQ(answer->family->metrics[0].column.value(1), 2.5);
  EXPECT_TRUE(answer->notices.empty());
}

TEST_F(ServiceTest, AsksForErrorRatiosAndCalls) {
  store_.answer = [](const RangeQuery& query) -> Result<RangeAnswer> {
    if (query.text.find("STATUS_CODE_ERROR") != std::string::npos) return no_series(query);
    return one_series(query, "frontend", 3);
  };
  const auto answer = ask(query_of(MetricKind::error_rate));
  ASSERT_TRUE(answer);
  EXPECT_EQ(store_.asked.size(), 2U);
  ASSERT_EQ(answer->family->metrics.size(), 1U);
  EXPECT_EQ(answer->family->metrics[0].column.value(0), 0);  // calls without errors: 0 %
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
    if (query.text.find("\"a+b\"") == std::string::npos) return no_series(query);
    return one_series(query, "a+b", 1);
  };
  model::MetricQuery query = query_of(MetricKind::call_rate, {"a b"});
  query.services_with_plus = {"a+b"};
  auto answer = ask(query);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->family->metrics.size(), 1U);
  EXPECT_EQ(answer->family->metrics[0].labels[0].value, "a+b");
  ASSERT_EQ(answer->notices.size(), 1U);
  EXPECT_EQ(answer->notices[0].kind, NoticeKind::services_with_plus);

  store_.asked.clear();
  store_.answer = [](const RangeQuery& asked) { return one_series(asked, "a b", 1); };
  answer = ask(query);
  EXPECT_EQ(store_.asked.size(), 1U);
  EXPECT_TRUE(answer->notices.empty());

  store_.asked.clear();
  store_.answer = [](const RangeQuery& asked) -> Result<RangeAnswer> { return no_series(asked); };
  answer = ask(query);
  EXPECT_EQ(store_.asked.size(), 2U);
  EXPECT_TRUE(answer->family->metrics.empty());
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
  EXPECT_EQ(answer->family->grid.points, 11'521U);
  EXPECT_EQ(answer->family->metrics[0].column.count(), 11'521U);
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

TEST_F(ServiceTest, NoFamilyIsAnEmptyAnswerThatSaysWhy) {
  names_.current.chosen.reset();
  names_.current.reason = "no metric looks like span metrics";
  const auto answer = ask(query_of(MetricKind::latency));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(store_.asked.empty());
  EXPECT_TRUE(answer->family->metrics.empty());
  EXPECT_EQ(answer->family->name, "service_latencies");
  EXPECT_EQ(answer->family->grid.points, 2U);
  ASSERT_EQ(kinds(answer), std::vector{NoticeKind::nothing_found});
  EXPECT_EQ(answer->notices[0].text, "no metric looks like span metrics");
  EXPECT_EQ(names_.empty_answers, 1);
}

TEST_F(ServiceTest, AStoreThatIsGoneIsNotTakenForAnEmptyOne) {
  names_.current.chosen.reset();
  store_.answer_instant = [](const prometheus::InstantQuery&) -> Result<prometheus::InstantAnswer> {
    return base::fail(ErrorKind::store_unreachable, "gone");
  };
  const auto answer = ask(query_of(MetricKind::call_rate));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::store_unreachable);
}

TEST_F(ServiceTest, NamesThatAreOnlyGuessedSayWhyTheAnswerIsEmpty) {
  names_.current.origin = schema::StoreSchema::Origin::fallback;
  names_.current.reason = "nothing fits the settings";
  names_.family().unit_source = schema::UnitSource::assumed;
  const auto empty = ask(query_of(MetricKind::latency));
  ASSERT_EQ(kinds(empty), std::vector{NoticeKind::nothing_found});
  EXPECT_EQ(empty->notices[0].text, "nothing fits the settings");
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  EXPECT_EQ(kinds(ask(query_of(MetricKind::latency))), std::vector{NoticeKind::unit_assumed});
}

TEST_F(ServiceTest, WhatCannotBeFoundOutIsAnError) {
  names_.error = base::Error(ErrorKind::store_unreachable, "gone");
  const auto answer = ask(query_of(MetricKind::call_rate));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::store_unreachable);
}

TEST_F(ServiceTest, AnEmptyAnswerIsAskedAgainOnceUnderNewerNames) {
  names_.newer = names_.current;
  names_.newer->families[0].names.calls = "calls_total";
  store_.answer = [](const RangeQuery& query) -> Result<RangeAnswer> {
    if (!contains(query.text, "calls_total")) return no_series(query);
    return one_series(query, "frontend", 1);
  };
  auto answer = ask(query_of(MetricKind::call_rate));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->family->metrics.size(), 1U);
  EXPECT_EQ(store_.asked.size(), 2U);
  EXPECT_EQ(names_.asked_grid.points, 2U);

  store_.answer = [](const RangeQuery& query) { return no_series(query); };
  store_.asked.clear();
  names_.empty_answers = 0;
  answer = ask(query_of(MetricKind::call_rate));
  EXPECT_EQ(store_.asked.size(), 2U);
  EXPECT_EQ(names_.empty_answers, 1);  // not again for the second empty one
}

TEST_F(ServiceTest, AnAnswerWithSeriesAsksNothingAgain) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  ASSERT_TRUE(ask(query_of(MetricKind::call_rate)));
  EXPECT_EQ(names_.empty_answers, 0);
}

TEST_F(ServiceTest, WithoutAStatusErrorRatesAreZeroWhereThereAreCalls) {
  names_.family().names.status_label = "";
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 7); };
  const auto answer = ask(query_of(MetricKind::error_rate));
  ASSERT_TRUE(answer);
  EXPECT_EQ(store_.asked.size(), 1U);
  ASSERT_EQ(answer->family->metrics.size(), 1U);
  EXPECT_EQ(answer->family->metrics[0].column.count(), 2U);
  EXPECT_EQ(answer->family->metrics[0].column.value(1), 0);
  EXPECT_EQ(kinds(answer), std::vector{NoticeKind::errors_unknown});
}

TEST_F(ServiceTest, ASettingSaysWhatAnErrorIs) {
  names_.family().names.status_label = "";
  options_.error_matchers = {{"http_status_code", promql::MatchOp::regex, "5.."}};
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 0.5); };
  const auto answer = ask(query_of(MetricKind::error_rate));
  ASSERT_TRUE(answer);
  ASSERT_EQ(store_.asked.size(), 2U);
  EXPECT_TRUE(contains(store_.asked[0] + store_.asked[1], "http_status_code=~\"5..\""));
  EXPECT_EQ(answer->family->metrics[0].column.value(0), 0.5);
  EXPECT_TRUE(answer->notices.empty());
}

TEST_F(ServiceTest, SaysThatKindsCannotBeApplied) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  names_.family().names.histogram_has_kind = false;
  EXPECT_EQ(kinds(ask(query_of(MetricKind::latency))), std::vector{NoticeKind::kind_not_applied});
  EXPECT_TRUE(kinds(ask(query_of(MetricKind::call_rate))).empty());
  names_.family().names.kind_label = "";
  EXPECT_EQ(kinds(ask(query_of(MetricKind::call_rate))), std::vector{NoticeKind::kind_not_applied});
  model::MetricQuery all_kinds = query_of(MetricKind::call_rate);
  all_kinds.span_kinds.clear();
  EXPECT_TRUE(kinds(ask(all_kinds)).empty());
}

TEST_F(ServiceTest, SaysThatTheUnitIsAssumedAndWhatSettlesIt) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  names_.family().unit_source = schema::UnitSource::assumed;
  const auto answer = ask(query_of(MetricKind::latency));
  ASSERT_EQ(kinds(answer), std::vector{NoticeKind::unit_assumed});
  EXPECT_TRUE(contains(answer->notices[0].text, "--prometheus.query.duration-unit"));
  EXPECT_TRUE(kinds(ask(query_of(MetricKind::call_rate))).empty());
}

TEST_F(ServiceTest, AHistogramWithoutBoundsHasNoLatencies) {
  names_.family().histogram = {};
  names_.family().histogram.only_inf = true;
  auto answer = ask(query_of(MetricKind::latency));
  ASSERT_EQ(kinds(answer), std::vector{NoticeKind::nothing_found});
  EXPECT_TRUE(contains(answer->notices[0].text, "le=\"+Inf\""));
  EXPECT_TRUE(store_.asked.empty());
  // Its native form still has them, and the useless one is not asked.
  names_.family().names.native_histogram = "traces_span_metrics_duration";
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  answer = ask(query_of(MetricKind::latency));
  EXPECT_TRUE(kinds(answer).empty());
  ASSERT_EQ(store_.asked.size(), 1U);
  EXPECT_FALSE(contains(store_.asked[0], "_bucket"));
}

TEST_F(ServiceTest, FollowsDialectAndBuckets) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  names_.current.dialect = promql::Dialect::victoria_metrics;
  names_.family().names.service_label = "service.name";
  names_.family().histogram = {};
  names_.family().histogram.vmrange = true;
  ASSERT_TRUE(ask(query_of(MetricKind::latency)));
  ASSERT_EQ(store_.asked.size(), 1U);
  EXPECT_TRUE(contains(store_.asked[0], "by (service\\.name, le,vmrange)")) << store_.asked[0];
}

TEST_F(ServiceTest, TagsBecomeMatchersInEverySelector) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  for (const MetricKind kind : {MetricKind::latency, MetricKind::call_rate, MetricKind::error_rate}) {
    store_.asked.clear();
    model::MetricQuery query = query_of(kind);
    query.tags = {{"http.method", "GE\"T.*"}};
    ASSERT_TRUE(ask(query));
    for (const std::string& text : store_.asked) {
      EXPECT_TRUE(contains(text, R"(http_method="GE\"T.*")")) << text;
    }
  }
  EXPECT_TRUE(store_.asked_lists.empty());
}

TEST_F(ServiceTest, AnUnknownTagIsLookedForOnceMore) {
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  store_.answer_list = [](const FakePrometheusClient::AskedList&) {
    prometheus::ListAnswer list;
    list.values = {"__name__", "deployment_env", "service_name"};
    return list;
  };
  model::MetricQuery query = query_of(MetricKind::call_rate);
  query.tags = {{"deployment.env", "x"}};
  ASSERT_TRUE(ask(query));
  ASSERT_EQ(store_.asked_lists.size(), 1U);
  EXPECT_EQ(store_.asked_lists[0].of.selectors, std::vector<std::string>{"traces_span_metrics_calls"});
  EXPECT_EQ(store_.asked_lists[0].of.end_ms, query.grid.last_ms());
  EXPECT_TRUE(contains(store_.asked[0], "deployment_env=\"x\""));

  query.tags = {{"deploymentenv", "x"}};
  const auto refused = ask(query);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid_argument);
  EXPECT_EQ(refused.error().parameter, "tag");
  EXPECT_EQ(refused.error().message,
            "no label of these metrics is called 'deploymentenv'; near ones are: deployment_env");
}

TEST_F(ServiceTest, LatenciesAreFilteredByTheHistogramsLabels) {
  names_.family().histogram_labels = {"service_name"};
  model::MetricQuery query = query_of(MetricKind::latency);
  query.tags = {{"http.method", "GET"}};
  store_.answer_list = [](const FakePrometheusClient::AskedList&) {
    prometheus::ListAnswer list;
    list.values = {"service_name"};
    return list;
  };
  ASSERT_FALSE(ask(query));
  ASSERT_EQ(store_.asked_lists.size(), 1U);  // of the count, never of the buckets
  EXPECT_EQ(store_.asked_lists[0].of.selectors, std::vector<std::string>{"traces_span_metrics_duration_count"});
}

TEST_F(ServiceTest, WhereNoLabelsAreKnownAKeyIsTakenAsItWouldBeWritten) {
  names_.family().call_labels.clear();
  store_.answer = [](const RangeQuery& query) { return one_series(query, "frontend", 1); };
  model::MetricQuery query = query_of(MetricKind::call_rate);
  query.tags = {{"http.method", "GET"}};
  ASSERT_TRUE(ask(query));
  EXPECT_TRUE(contains(store_.asked[0], "http_method=\"GET\""));
}

TEST_F(ServiceTest, ATagCannotReachAReservedLabelByItsSpelling) {
  names_.family().call_labels.push_back("__name__");
  model::MetricQuery query = query_of(MetricKind::call_rate);
  query.tags = {{"..name..", "up"}};
  const auto refused = ask(query);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().parameter, "tag");
  EXPECT_TRUE(store_.asked.empty());
}

TEST(Notices, HaveAHeaderAndALabelEach) {
  EXPECT_EQ(header_name(NoticeKind::store_warning), "X-SPM-Warning");
  EXPECT_EQ(header_name(NoticeKind::services_with_plus), "X-SPM-Services");
  EXPECT_EQ(metric_label(NoticeKind::step_widened), "step_widened");
  EXPECT_EQ(header_name(NoticeKind::nothing_found), "X-SPM-Diagnosis");
}

}  // namespace
}  // namespace spm::service
