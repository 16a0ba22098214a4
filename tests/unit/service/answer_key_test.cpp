#include "answer_key.hpp"

#include <functional>
#include <set>

#include <gtest/gtest.h>

namespace spm::service {
namespace {

using model::MetricQuery;

MetricQuery some_query() {
  MetricQuery query;
  query.kind = model::MetricKind::latency;
  query.services = {"frontend", "cart"};
  query.span_kinds = {model::SpanKind::server};
  query.tags = {{"http.method", "GET"}};
  query.quantile = 0.95;
  query.grid = {1'000, 60'000, 61};
  query.rate_window_ms = 600'000;
  return query;
}

TEST(AnswerKey, EverythingThatTheAnswerDependsOnIsInIt) {
  const std::function<void(MetricQuery&)> changes[] = {
      [](MetricQuery& query) { query.kind = model::MetricKind::call_rate; },
      [](MetricQuery& query) { query.services = {"frontendcart"}; },
      [](MetricQuery& query) {
        query.services = {"frontend", "cart", ""};
      },
      [](MetricQuery& query) { query.services_with_plus = {"a+b"}; },
      [](MetricQuery& query) { query.group_by_operation = true; },
      [](MetricQuery& query) { query.span_kinds.clear(); },
      [](MetricQuery& query) { query.span_kinds = {model::SpanKind::client}; },
      [](MetricQuery& query) { query.tags.clear(); },
      [](MetricQuery& query) {
        query.tags = {{"http.method", "POST"}};
      },
      [](MetricQuery& query) {
        query.tags = {{"http.methodG", "ET"}};
      },
      [](MetricQuery& query) { query.quantile = 0.950'000'000'000'000'1; },
      [](MetricQuery& query) { query.grid.start_ms += 1; },
      [](MetricQuery& query) { query.grid.step_ms += 1; },
      [](MetricQuery& query) { query.grid.points += 1; },
      [](MetricQuery& query) { query.rate_window_ms += 1; },
      [](MetricQuery& query) { query.default_step_widened_from_ms = 5'000; },
  };
  std::set<std::string> keys = {answer_key(some_query(), false, "caller")};
  for (const auto& change : changes) {
    MetricQuery query = some_query();
    change(query);
    keys.insert(answer_key(query, false, "caller"));
  }
  keys.insert(answer_key(some_query(), true, "caller"));
  keys.insert(answer_key(some_query(), false, "another"));
  EXPECT_EQ(keys.size(), std::size(changes) + 3);
}

TEST(AnswerKey, WhereTheWindowCouldBeMovedToIsNotInIt) {
  MetricQuery movable = some_query();
  movable.movable_end_ms = 5;
  EXPECT_EQ(answer_key(movable, false, ""), answer_key(some_query(), false, ""));
}

TEST(AboutQuestion, IsOneLineForPeople) {
  EXPECT_EQ(about_question(some_query()),
            "service_latencies of frontend and 1 more, 61 points of 60000 ms up to 3601000");
}

}  // namespace
}  // namespace spm::service
