#include <set>
#include <string>

#include "discover_fixture.hpp"

/// Where names are looked for, in which windows, and at what cost.
namespace spm::schema {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using DiscoverNames = DiscoverTest;

TEST_F(DiscoverNames, TheLastHourComesFirstAndIsEnough) {
  live().write_to(store_);
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.window_start_ms, kNow - kHour);
  EXPECT_EQ(schema.window_end_ms, kNow);
  EXPECT_EQ(store_.count("values __name__"), 1U);
  EXPECT_EQ(schema.family()->newest_sample_ms, kNow);
}

TEST_F(DiscoverNames, TheFirstQuestionIsTheDocumentedOne) {
  live().write_to(store_);
  discovered();
  const FakeRequest first = store_.requests().front();
  EXPECT_EQ(first.what, "values __name__");
  EXPECT_THAT(first.texts,
              testing::ElementsAre(
                  R"({__name__=~"(.*[._])?calls(_total)?"})",
                  R"({__name__=~"(.*[._])?(duration|latency)([._](milliseconds|seconds|ms))?([._]bucket|_count)?"})"));
}

TEST_F(DiscoverNames, ThenTheLast48Hours) {
  until(kNow - 34 * kHour).write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_NE(schema.family(), nullptr);
  EXPECT_EQ(schema.window_start_ms, kNow - 48 * kHour);
  EXPECT_EQ(schema.family()->newest_sample_ms, kNow - 34 * kHour);
  EXPECT_EQ(store_.count("values __name__"), 2U);
}

TEST_F(DiscoverNames, ThenWithoutBoundsHoweverOldTheDataAre) {
  for (const std::int64_t age : {3 * 24 * kHour, 400 * 24 * kHour, 9 * 365 * 24 * kHour}) {
    store_.clear();
    until(kNow - age).write_to(store_);
    const StoreSchema schema = discovered();
    ASSERT_NE(schema.family(), nullptr) << age;
    EXPECT_FALSE(schema.window_start_ms);
    EXPECT_FALSE(schema.window_end_ms);
    EXPECT_EQ(schema.family()->newest_sample_ms, kNow - age);
    EXPECT_TRUE(schema.family()->error_value_seen);
    EXPECT_TRUE(schema.family()->histogram.classic);
  }
}

TEST_F(DiscoverNames, SamplesInTheFutureOfThisClockAreFound) {
  for (const std::int64_t ahead : {3 * kHour, 9 * 24 * kHour, 1000 * 24 * kHour}) {
    store_.clear();
    until(kNow + ahead).write_to(store_);
    const StoreSchema schema = discovered();
    ASSERT_NE(schema.family(), nullptr) << ahead << ": " << schema.reason;
    EXPECT_FALSE(schema.window_start_ms);
    EXPECT_EQ(schema.family()->newest_sample_ms, kNow + ahead);
    EXPECT_TRUE(schema.family()->error_value_seen);
    EXPECT_TRUE(schema.family()->histogram.classic);
  }
}

TEST_F(DiscoverNames, NoQuestionIsAskedTwice) {
  FakeProducer producer = until(kNow - 34 * kHour);
  producer.native = true;
  producer.write_to(store_);
  discovered();
  std::set<std::string> asked;
  for (const FakeRequest& request : store_.requests()) {
    const std::string question = request.what + " " + request.texts.front() + " " +
                                 std::to_string(request.start_ms.value_or(0)) + " " +
                                 std::to_string(request.end_ms.value_or(0));
    EXPECT_TRUE(asked.insert(question).second) << question;
  }
}

TEST_F(DiscoverNames, OldSamplesCostFewQuestionsAndNoTimesOverMuchTime) {
  until(kNow - 34 * kHour).write_to(store_);
  discovered();
  EXPECT_LE(store_.requests().size(), 16U);
  for (const FakeRequest& request : store_.requests()) {
    if (request.what != "range") continue;
    EXPECT_THAT(request.texts, Each(Not(HasSubstr("timestamp"))));
  }
}

TEST_F(DiscoverNames, EveryLaterQuestionUsesTheWindowInWhichTheNamesWereFound) {
  until(kNow - 34 * kHour).write_to(store_);
  discovered();
  bool found = false;
  for (const FakeRequest& request : store_.requests()) {
    if (request.what == "values __name__") {
      found = request.start_ms == kNow - 48 * kHour;
    } else if (found && (request.what == "labels" || request.what.starts_with("values"))) {
      EXPECT_EQ(request.start_ms, kNow - 48 * kHour) << request.what;
      EXPECT_EQ(request.end_ms, kNow) << request.what;
    }
  }
}

TEST_F(DiscoverNames, AListingThatRemembersMoreThanItsWindowMisleadsNobody) {
  // Prometheus lists names by blocks: the last hour shows names whose samples ended earlier.
  store_.block_ms = 4 * kHour;
  until(kNow - 3 * kHour / 2).write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_NE(schema.family(), nullptr);
  EXPECT_EQ(schema.window_start_ms, kNow - 48 * kHour);
  EXPECT_EQ(schema.family()->newest_sample_ms, kNow - 3 * kHour / 2);
}

TEST_F(DiscoverNames, SamplesThatEndedWithinTheHourAreFound) {
  until(kNow - 20 * kMinute, 2 * kMinute).write_to(store_);
  EXPECT_EQ(chosen().newest_sample_ms, kNow - 20 * kMinute);
}

TEST_F(DiscoverNames, AnOwnWindowIsTheOnlyOne) {
  until(kNow - 34 * kHour).write_to(store_);
  EXPECT_EQ(discovered(TimeWindow{kNow - 2 * kHour, kNow}).family(), nullptr);
  const StoreSchema schema = discovered(TimeWindow{kNow - 36 * kHour, kNow - 33 * kHour});
  ASSERT_NE(schema.family(), nullptr);
  EXPECT_EQ(schema.window_end_ms, kNow - 33 * kHour);
}

TEST_F(DiscoverNames, AStoreThatRefusesSelectorsIsAskedForAllNames) {
  store_.refuses_selectors_for_names = true;
  live().write_to(store_);
  EXPECT_EQ(chosen().names.calls, "traces_span_metrics_calls_total");
}

TEST_F(DiscoverNames, ButNotWithEnforcedMatchers) {
  store_.refuses_selectors_for_names = true;
  options_.allow_unfiltered_names = false;
  live().write_to(store_);
  const auto found = try_discover();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, base::ErrorKind::query_rejected);
  for (const FakeRequest& request : store_.requests()) EXPECT_THAT(request.texts, Not(IsEmpty()));
}

TEST_F(DiscoverNames, AListThatWasCutIsNotUsed) {
  // 20 names before ours in the alphabet: cut at 20, nothing of ours is left.
  for (int i = 0; i < 20; ++i) {
    FakeProducer other = live();
    other.calls = "a" + std::to_string(i) + "_calls_total";
    other.histogram.clear();
    other.kind.clear();
    other.status.clear();
    other.operation.clear();
    other.write_to(store_);
  }
  live().write_to(store_);
  store_.cuts_names_at = 20;
  EXPECT_EQ(chosen().names.calls, "traces_span_metrics_calls_total");
}

TEST_F(DiscoverNames, AListThatIsCutAgainIsAnError) {
  live().write_to(store_);
  store_.cuts_names_at = 1;
  const auto found = try_discover();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, base::ErrorKind::store_misbehaved);
  EXPECT_THAT(found.error().message, HasSubstr("--schema"));
}

TEST_F(DiscoverNames, ASimpleStoreCostsFewQuestionsAndNeverLabelsOfBuckets) {
  live().write_to(store_);
  discovered();
  EXPECT_LE(store_.requests().size(), 9U);
  for (const FakeRequest& request : store_.requests()) {
    if (request.what != "labels") continue;
    EXPECT_THAT(request.texts, Each(Not(HasSubstr("_bucket"))));
  }
}

TEST_F(DiscoverNames, HundredsOfOtherHistogramsCostOneQuestion) {
  for (int i = 0; i < 60; ++i) {
    FakeProducer other = live();
    other.calls.clear();
    other.histogram = "http" + std::to_string(i) + "_request_duration_seconds";
    other.kind.clear();
    other.status.clear();
    other.write_to(store_);
  }
  live().write_to(store_);
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family()->names.calls, "traces_span_metrics_calls_total");
  EXPECT_LE(store_.requests().size(), 10U);
  EXPECT_EQ(schema.families.size(), 51U);  // fifty are kept for people to read
  EXPECT_THAT(schema.families.back().rejected_because, HasSubstr("neither"));
}

TEST_F(DiscoverNames, InstantQueriesAreAskedAtTheNewestSampleNotAtTheClock) {
  FakeProducer producer = until(kNow - 34 * kHour);
  producer.native = true;
  producer.write_to(store_);
  EXPECT_TRUE(chosen().histogram.native);
  for (const FakeRequest& request : store_.requests()) {
    if (request.what == "query" && request.texts.front().find("histogram_count") != std::string::npos) {
      EXPECT_EQ(request.end_ms, kNow - 34 * kHour);
    }
  }
}

TEST_F(DiscoverNames, NothingFoundSaysSo) {
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family(), nullptr);
  EXPECT_EQ(schema.origin, StoreSchema::Origin::discovered);
  EXPECT_THAT(schema.families, IsEmpty());
  EXPECT_THAT(schema.reason, HasSubstr("calls"));
}

TEST_F(DiscoverNames, ServiceGraphsAreToldApartFromNothing) {
  FakeSeries graph;
  graph.labels = {{"__name__", "traces_service_graph_request_total"}, {"client", "a"}, {"server", "b"}};
  graph.from_ms = kNow - kHour;
  graph.until_ms = kNow;
  store_.add(graph);
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family(), nullptr);
  EXPECT_THAT(schema.service_graph_metrics, testing::ElementsAre("traces_service_graph_request_total"));
  EXPECT_THAT(schema.reason, HasSubstr("service graph"));
}

TEST_F(DiscoverNames, TheStoresErrorIsPassedOn) {
  store_.fails = [](const FakeRequest&) {
    return base::Error(base::ErrorKind::store_unreachable, "connection refused");
  };
  const auto found = try_discover();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, base::ErrorKind::store_unreachable);
}

TEST_F(DiscoverNames, AStoreThatRefusesWideWindowsHasNothingThere) {
  store_.fails = [](const FakeRequest& request) -> std::optional<base::Error> {
    if (request.start_ms && *request.start_ms >= kNow - kHour) return std::nullopt;
    return base::Error(base::ErrorKind::query_rejected, "the query time range exceeds the limit");
  };
  EXPECT_EQ(discovered().family(), nullptr);
}

}  // namespace
}  // namespace spm::schema
