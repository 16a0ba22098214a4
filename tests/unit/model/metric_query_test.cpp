#include <limits>

#include <gtest/gtest.h>

#include <spm/model/metric_query.hpp>

namespace spm::model {
namespace {

constexpr std::int64_t kNow = 1'795'141'800'000;

UncheckedMetricQuery calls_of(std::string service) {
  UncheckedMetricQuery asked;
  asked.services.push_back(std::move(service));
  return asked;
}

std::string refused_parameter(UncheckedMetricQuery asked) {
  const auto query = check(std::move(asked), kNow);
  if (query) return "accepted";
  EXPECT_EQ(query.error().kind, base::ErrorKind::invalid_argument);
  return query.error().parameter;
}

TEST(Check, FillsJaegersDefaults) {
  const auto query = check(calls_of("frontend"), kNow);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->grid, (TimeGrid{kNow - 3'600'000, 5'000, 721}));
  EXPECT_EQ(query->rate_window_ms, 600'000);
  EXPECT_EQ(query->span_kinds, std::vector{SpanKind::server});
  EXPECT_FALSE(query->default_step_widened_from_ms);
}

TEST(Check, TheEndMayBeMovedWhetherItWasGivenOrNot) {
  UncheckedMetricQuery asked = calls_of("frontend");
  asked.lookback_ms = 90'000;
  asked.step_ms = 60'000;
  EXPECT_EQ(check(asked, kNow)->movable_end_ms, kNow);
  asked.end_ms = kNow - 12'345;
  const auto query = check(asked, kNow);
  EXPECT_EQ(query->movable_end_ms, kNow - 12'345);  // which is not the last point
  EXPECT_EQ(query->grid.start_ms, kNow - 12'345 - 90'000);
}

TEST(Check, KeepsEachServiceAndKindOnce) {
  UncheckedMetricQuery asked = calls_of("a");
  asked.services = {"a", "b", "a"};
  asked.span_kinds = {SpanKind::client, SpanKind::server, SpanKind::client};
  const auto query = check(std::move(asked), kNow);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->services, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(query->span_kinds, (std::vector{SpanKind::client, SpanKind::server}));
}

TEST(Check, KeepsEachTagOnceAndAsWritten) {
  UncheckedMetricQuery asked = calls_of("a");
  asked.tags = {{"http.method", "GET"}, {"x", ""}, {"http.method", "GET"}};
  const auto query = check(std::move(asked), kNow);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->tags, (std::vector<Label>{{"http.method", "GET"}, {"x", ""}}));
}

TEST(Check, RefusesTagsThatCannotBeMeant) {
  const std::vector<std::vector<Label>> refused = {
      {{"", "x"}},
      {{"a", "x"}, {"a", "y"}},
      {{"\xFF", "x"}},
      {{"a", "\xFF"}},
      {{"le", "0.5"}},
      {{"__name__", "up"}},
      {{"quantile", "0.5"}},
      {{"vmrange", "1...2"}},
      {{std::string(kMaxTagKeyBytes + 1, 'k'), "x"}},
      {{"a", std::string(kMaxTagValueBytes + 1, 'v')}},
      std::vector<Label>(kMaxTags + 1, Label{"a", "b"}),
  };
  for (const std::vector<Label>& tags : refused) {
    UncheckedMetricQuery asked = calls_of("a");
    asked.tags = tags;
    EXPECT_EQ(refused_parameter(std::move(asked)), "tag") << tags.front().name;
  }
}

TEST(Check, RefusesWhatCannotMeanAnything) {
  UncheckedMetricQuery asked;
  EXPECT_EQ(refused_parameter(asked), "service");
  EXPECT_EQ(refused_parameter(calls_of("")), "service");
  EXPECT_EQ(refused_parameter(calls_of("\xFF")), "service");
  asked = calls_of("a");
  asked.services.resize(kMaxServices + 1, "b");
  EXPECT_EQ(refused_parameter(asked), "service");

  for (const std::int64_t bad : {std::int64_t{-1}, kMaxDurationMs + 1}) {
    asked = calls_of("a");
    asked.lookback_ms = bad;
    EXPECT_EQ(refused_parameter(asked), "lookback") << bad;
  }
  for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{0}, kMaxDurationMs + 1}) {
    asked = calls_of("a");
    asked.step_ms = bad;
    EXPECT_EQ(refused_parameter(asked), "step") << bad;
    asked = calls_of("a");
    asked.rate_per_ms = bad;
    EXPECT_EQ(refused_parameter(asked), "ratePer") << bad;
  }
  for (const std::int64_t bad : {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(),
                                 std::int64_t{253'402'300'800'000}, std::int64_t{-62'135'596'800'001}}) {
    asked = calls_of("a");
    asked.end_ms = bad;
    EXPECT_EQ(refused_parameter(asked), "endTs") << bad;
  }
  asked = calls_of("a");
  asked.end_ms = -62'135'596'800'000;
  asked.lookback_ms = 1;
  EXPECT_EQ(refused_parameter(asked), "lookback");
}

TEST(Check, WantsAQuantileForLatenciesOnly) {
  UncheckedMetricQuery asked = calls_of("a");
  EXPECT_EQ(refused_parameter(asked), "accepted");
  asked.kind = MetricKind::latency;
  EXPECT_EQ(refused_parameter(asked), "quantile");
  for (const double bad :
       {0.0, -1.0, 1.0000001, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    asked.quantile = bad;
    EXPECT_EQ(refused_parameter(asked), "quantile") << bad;
  }
  asked.quantile = 1.0;
  EXPECT_EQ(refused_parameter(asked), "accepted");
}

TEST(Check, LookbackZeroIsOnePoint) {
  UncheckedMetricQuery asked = calls_of("a");
  asked.lookback_ms = 0;
  EXPECT_EQ(check(asked, kNow)->grid.points, 1U);
}

TEST(Check, WidensOnlyTheDefaultStep) {
  UncheckedMetricQuery asked = calls_of("a");
  asked.lookback_ms = 110'000LL * 5'000;  // 110,001 points
  const auto widened = check(asked, kNow);
  ASSERT_TRUE(widened);
  EXPECT_EQ(widened->default_step_widened_from_ms, 5'000);
  EXPECT_EQ(widened->grid.step_ms, 10'000);

  asked.lookback_ms = 110'000LL * 5'000 - 1;  // 110,000 points
  EXPECT_FALSE(check(asked, kNow)->default_step_widened_from_ms);

  asked.lookback_ms = 110'000LL * 5'000;
  asked.step_ms = 5'000;
  EXPECT_EQ(refused_parameter(asked), "step");
  asked.step_ms = 5'001;
  EXPECT_EQ(refused_parameter(asked), "accepted");
}

// Whatever the lookback, the widened step is the smallest multiple of 5 s that fits.
TEST(Check, WidenedStepIsTheSmallestThatFits) {
  for (std::int64_t lookback = 550'000'000; lookback < 60'000'000'000'000; lookback = lookback * 3 + 1) {
    UncheckedMetricQuery asked = calls_of("a");
    asked.lookback_ms = lookback;
    asked.end_ms = 200'000'000'000'000;
    const auto query = check(asked, kNow);
    if (lookback > kMaxDurationMs) {
      EXPECT_FALSE(query);
      continue;
    }
    ASSERT_TRUE(query) << lookback << " " << query.error().message;
    EXPECT_LE(query->grid.points, kMaxPointsPerSeries);
    EXPECT_EQ(query->grid.step_ms % kDefaultStepMs, 0);
    EXPECT_GT(lookback / (query->grid.step_ms - kDefaultStepMs) + 1, static_cast<std::int64_t>(kMaxPointsPerSeries));
  }
}

TEST(Check, DropsAPlusReadingThatIsNoReading) {
  UncheckedMetricQuery asked = calls_of("a b");
  asked.services_with_plus = {"a+b"};
  EXPECT_EQ(check(asked, kNow)->services_with_plus, std::vector<std::string>{"a+b"});
  asked.services_with_plus = {"a b"};
  EXPECT_TRUE(check(asked, kNow)->services_with_plus.empty());
}

TEST(SpanKind, IsReadInAnyCaseAndWrittenAsTheConnectorDoes) {
  EXPECT_EQ(span_kind_from_name("SeRvEr"), SpanKind::server);
  EXPECT_EQ(span_kind_from_name("consumer"), SpanKind::consumer);
  EXPECT_FALSE(span_kind_from_name(""));
  EXPECT_FALSE(span_kind_from_name("serve"));
  EXPECT_EQ(label_value(SpanKind::unspecified), "SPAN_KIND_UNSPECIFIED");
  EXPECT_EQ(label_value(SpanKind::producer), "SPAN_KIND_PRODUCER");
}

}  // namespace
}  // namespace spm::model
