#include "label_finder.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

namespace spm::service {
namespace {

using Clock = LabelFinder::Clock;

class LabelFinderTest : public testing::Test {
 protected:
  void look(std::vector<std::string> keys, std::chrono::seconds at, const base::CallContext& context) {
    prometheus::Listing of;
    of.selectors = {"calls"};
    of.end_ms = end_ms_;
    labels_ = run(finder_.labels(std::move(of), std::move(keys), context, Clock::time_point(at)));
  }
  std::size_t asked() const { return store_.asked_lists.size(); }

  FakePrometheusClient store_;
  LabelFinder finder_{store_};
  std::int64_t end_ms_ = 7'200'000;
  base::Result<std::vector<std::string>> labels_;
};

TEST_F(LabelFinderTest, AsksTheSameAtMostEveryThirtySeconds) {
  const base::CallContext context = some_context();
  store_.answer_list = [](const auto&) {
    prometheus::ListAnswer list;
    list.values = {"a"};
    return list;
  };
  look({"x", "y"}, std::chrono::seconds{100}, context);
  end_ms_ += 5'000;  // a chart that follows the clock
  look({"y", "x"}, std::chrono::seconds{129}, context);
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(*labels_, std::vector<std::string>{"a"});
  look({"x", "y"}, std::chrono::seconds{130}, context);
  EXPECT_EQ(asked(), 2U);
  look({"z"}, std::chrono::seconds{130}, context);
  EXPECT_EQ(asked(), 3U);
  end_ms_ += 7'200'000;  // another time: other labels
  look({"z"}, std::chrono::seconds{130}, context);
  EXPECT_EQ(asked(), 4U);
}

TEST_F(LabelFinderTest, KeepsCallersApart) {
  base::CallContext one = some_context();
  base::CallContext other = some_context();
  look({"x"}, std::chrono::seconds{1}, one);
  other.bearer_token = "t";
  look({"x"}, std::chrono::seconds{1}, other);
  other.store_parameters = {{"dedup", "true"}};
  look({"x"}, std::chrono::seconds{1}, other);
  EXPECT_EQ(asked(), 3U);
}

TEST_F(LabelFinderTest, KeepsNoFailure) {
  const base::CallContext context = some_context();
  store_.answer_list = [](const auto&) { return base::fail(base::ErrorKind::store_unreachable, "gone"); };
  look({"x"}, std::chrono::seconds{1}, context);
  ASSERT_FALSE(labels_);
  look({"x"}, std::chrono::seconds{1}, context);
  EXPECT_EQ(asked(), 2U);
}

}  // namespace
}  // namespace spm::service
