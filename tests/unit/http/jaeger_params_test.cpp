#include "jaeger_params.hpp"

#include <gtest/gtest.h>

namespace spm::http {
namespace {

using model::MetricKind;
using model::SpanKind;

constexpr std::int64_t kNow = 1'795'141'800'000;

base::Result<model::MetricQuery> read(std::string_view query, MetricKind kind = MetricKind::call_rate) {
  const auto parameters = decode_form(query);
  EXPECT_TRUE(parameters) << query;
  return read_metric_query(*parameters, kind, kNow);
}

/// The parameter at fault; "-": none.
std::string fault(std::string_view query, MetricKind kind = MetricKind::call_rate) {
  const auto result = read(query, kind);
  if (result) return "-";
  EXPECT_EQ(result.error().kind, base::ErrorKind::invalid_argument);
  EXPECT_FALSE(result.error().message.empty());
  return result.error().parameter;
}

TEST(JaegerParams, DefaultsAreJaegers) {
  const auto query = read("service=frontend");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->services, std::vector<std::string>{"frontend"});
  EXPECT_EQ(query->span_kinds, std::vector{SpanKind::server});
  EXPECT_FALSE(query->group_by_operation);
  EXPECT_EQ(query->grid.start_ms, kNow - 3'600'000);
  EXPECT_EQ(query->grid.last_ms(), kNow);
  EXPECT_EQ(query->grid.step_ms, 5'000);
  EXPECT_EQ(query->rate_window_ms, 600'000);
}

TEST(JaegerParams, ReadsThemAll) {
  const auto query = read(
      "quantile=0.999&service=a&service=b.c&groupByOperation=T&spanKind=SERVER&spanKind=client&endTs=1795141800000"
      "&lookback=60000&step=1000&ratePer=1500",
      MetricKind::latency);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->quantile, 0.999);
  EXPECT_EQ(query->services, (std::vector<std::string>{"a", "b.c"}));
  EXPECT_TRUE(query->group_by_operation);
  EXPECT_EQ(query->span_kinds, (std::vector{SpanKind::server, SpanKind::client}));
  EXPECT_EQ(query->grid, (model::TimeGrid{kNow - 60'000, 1'000, 61}));
  EXPECT_EQ(query->rate_window_ms, 1'500);
}

TEST(JaegerParams, EmptyMeansAbsentWhereJaegerSaysSo) {
  const auto query = read("service=a&endTs=&lookback=&step=&ratePer=&groupByOperation=");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->grid.last_ms(), kNow);
  EXPECT_EQ(query->grid.step_ms, 5'000);
}

TEST(JaegerParams, OfRepeatedSingleValuesTheFirstCounts) {
  const auto query = read("service=a&lookback=60000&lookback=x&groupByOperation=true&groupByOperation=maybe");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->grid.start_ms, kNow - 60'000);
  EXPECT_TRUE(query->group_by_operation);
}

TEST(JaegerParams, AQuantileIsForLatenciesOnly) {
  EXPECT_EQ(fault("service=a&quantile=x"), "-");
  EXPECT_EQ(fault("service=a&quantile=x", MetricKind::latency), "quantile");
  EXPECT_EQ(fault("service=a", MetricKind::latency), "quantile");
  EXPECT_EQ(fault("service=a&quantile=", MetricKind::latency), "quantile");
  for (const char* value : {"0", "-1", "2", "NaN", "Inf", "1.0000001", "0.5,0.9", "1e-400"}) {
    EXPECT_EQ(fault("service=a&quantile=" + std::string(value), MetricKind::latency), "quantile") << value;
  }
  EXPECT_EQ(fault("service=a&quantile=1", MetricKind::latency), "-");
}

TEST(JaegerParams, TheParameterAtFaultIsNamed) {
  EXPECT_EQ(fault(""), "service");
  EXPECT_EQ(fault("service="), "service");
  EXPECT_EQ(fault("service=%ff"), "service");
  EXPECT_EQ(fault("service=a&groupByOperation=yes"), "groupByOperation");
  EXPECT_EQ(fault("service=a&spanKind=foo"), "spanKind");
  EXPECT_EQ(fault("service=a&spanKind="), "spanKind");
  EXPECT_EQ(fault("service=a&spanKind=server&spanKind=foo"), "spanKind");
  EXPECT_EQ(fault("service=a&endTs=1.5"), "endTs");
  EXPECT_EQ(fault("service=a&endTs=9223372036854775807"), "endTs");
  EXPECT_EQ(fault("service=a&lookback=1h"), "lookback");
  EXPECT_EQ(fault("service=a&lookback=-1"), "lookback");
  EXPECT_EQ(fault("service=a&step=0"), "step");
  EXPECT_EQ(fault("service=a&step=1e3"), "step");
  EXPECT_EQ(fault("service=a&ratePer=0"), "ratePer");
  EXPECT_EQ(fault("service=a&ratePer=9223372036855"), "ratePer");
  EXPECT_EQ(fault("service=a&endTs=-1"), "-");
}

TEST(JaegerParams, ARawPlusGivesASecondReading) {
  const auto raw = read("service=a+b&service=c");
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->services, (std::vector<std::string>{"a b", "c"}));
  EXPECT_EQ(raw->services_with_plus, (std::vector<std::string>{"a+b", "c"}));
  const auto encoded = read("service=a%2Bb");
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->services, std::vector<std::string>{"a+b"});
  EXPECT_TRUE(encoded->services_with_plus.empty());
}

TEST(JaegerParams, PrettyPrintIsAnyValueButEmptyAndFalse) {
  EXPECT_TRUE(wants_pretty_print(*decode_form("prettyPrint=true")));
  EXPECT_TRUE(wants_pretty_print(*decode_form("prettyPrint=0")));
  EXPECT_FALSE(wants_pretty_print(*decode_form("prettyPrint=false")));
  EXPECT_FALSE(wants_pretty_print(*decode_form("prettyPrint")));
  EXPECT_FALSE(wants_pretty_print(*decode_form("")));
}

}  // namespace
}  // namespace spm::http
