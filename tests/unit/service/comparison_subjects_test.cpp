#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/service/comparison_subjects.hpp>

#include "fakes.hpp"

namespace spm::service {
namespace {

using Subject = std::optional<rates::ComparisonSubject>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ComparisonSubjectsTest : public ::testing::Test {
 protected:
  ComparisonSubjectsTest() {
    store.answer_instant = [this](const prometheus::InstantQuery& query) {
      asked_at = query.at_ms;
      prometheus::InstantAnswer answer;
      if (nothing_moves && contains(query.text, "rate(")) return answer;
      for (const auto& [service, series] : counts) {
        prometheus::Sample sample;
        sample.labels = {{contains(query.text, "by (span_name)") ? "span_name" : "service_name", service}};
        sample.value = series;
        answer.samples.push_back(std::move(sample));
      }
      return answer;
    };
  }

  base::Result<Subject> subject() {
    const auto subjects = create_comparison_subjects(names, store, clock);
    const base::CallContext context = some_context();
    return run(subjects->subject(context));
  }
  std::string chosen() {
    const base::Result<Subject> found = subject();
    return found && *found ? (*found)->matchers.back().value : "none";
  }

  FixedClock clock;
  FakeNames names;
  FakePrometheusClient store;
  std::vector<std::pair<std::string, double>> counts = {{"small", 3}, {"right", 40}, {"huge", 5000}};
  bool nothing_moves = false;
  std::optional<std::int64_t> asked_at;
};

TEST_F(ComparisonSubjectsTest, NamesTheCallsOfAServiceOfTheRightSize) {
  const base::Result<Subject> found = subject();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->metric, "traces_span_metrics_calls");
  EXPECT_THAT((*found)->groupings, ElementsAre(ElementsAre("service_name"), ElementsAre("service_name", "span_name")));
  EXPECT_EQ((*found)->matchers.back(), (promql::Matcher{"service_name", promql::MatchOp::equal, "right"}));
  EXPECT_EQ((*found)->to_ms, std::nullopt);
  EXPECT_EQ(asked_at, clock.now_ms());
  EXPECT_THAT(store.asked_instant, SizeIs(1));
}

TEST_F(ComparisonSubjectsTest, TakesTheBestOfWhatThereIs) {
  counts = {{"a", 2}, {"b", 7}, {"c", 900}};
  EXPECT_EQ(chosen(), "b");
  counts = {{"a", 9000}, {"b", 400}};
  EXPECT_EQ(chosen(), "b");
  counts = {{"", 40}};
  EXPECT_EQ(chosen(), "none");
}

TEST_F(ComparisonSubjectsTest, OneOperationOfAServiceThatIsTooLarge) {
  counts = {{"huge", 5000}};
  const base::Result<Subject> found = subject();
  ASSERT_TRUE(found && *found);
  EXPECT_THAT((*found)->matchers, ElementsAre(promql::Matcher{"service_name", promql::MatchOp::equal, "huge"},
                                              promql::Matcher{"span_name", promql::MatchOp::equal, "huge"}));
  EXPECT_THAT(store.asked_instant.back(), HasSubstr(R"({service_name="huge"})"));
  names.family().names.operation_label.clear();
  EXPECT_EQ((*subject())->matchers.size(), 1U);
}

TEST_F(ComparisonSubjectsTest, CountersThatStandStillAreBetterThanNone) {
  nothing_moves = true;
  EXPECT_EQ(chosen(), "right");
  EXPECT_THAT(store.asked_instant, SizeIs(2));
}

TEST_F(ComparisonSubjectsTest, OldDataIsLookedForWhereItIs) {
  names.family().newest_sample_ms = clock.now_ms() - 86'400'000;
  const base::Result<Subject> found = subject();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->to_ms, clock.now_ms() - 86'400'000);
  EXPECT_EQ(asked_at, clock.now_ms() - 86'400'000);
}

TEST_F(ComparisonSubjectsTest, AHistogramThatCountsCallsIsAskedByItsCount) {
  names.family().names.calls.clear();
  names.family().names.membership = {{"span_kind", true}};
  const base::Result<Subject> found = subject();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->metric, "traces_span_metrics_duration_count");
  EXPECT_EQ((*found)->matchers.front(), (promql::Matcher{"span_kind", promql::MatchOp::not_equal, ""}));
  EXPECT_THAT(store.asked_instant.front(), HasSubstr("span_kind!=\"\""));
}

TEST_F(ComparisonSubjectsTest, NothingToCompareIsNoError) {
  counts.clear();
  EXPECT_EQ(chosen(), "none");
  counts = {{"a", 9}};
  names.family().names.calls.clear();
  names.family().names.bucket.clear();
  EXPECT_EQ(chosen(), "none");
  names.current.chosen.reset();
  EXPECT_EQ(chosen(), "none");
}

TEST_F(ComparisonSubjectsTest, ErrorsOfTheStoreComeOut) {
  names.error = base::Error(base::ErrorKind::store_unreachable, "away");
  EXPECT_FALSE(subject());
}

}  // namespace
}  // namespace spm::service
