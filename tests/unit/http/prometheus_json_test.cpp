#include "prometheus_json.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spm::http {
namespace {

using ::testing::HasSubstr;

// Each pair as Prometheus 2.42 writes it.
TEST(PrometheusJson, NumbersAreWrittenAsPrometheusDoes) {
  const struct {
    double value;
    const char* text;
  } cases[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {-2.5, "-2.5"},
      {1e-6, "0.000001"},
      {1.2345678901234567e-6, "0.0000012345678901234567"},
      {9.99e-7, "9.99e-07"},
      {1e-7, "1e-07"},
      {5e-324, "5e-324"},
      {1e15, "1000000000000000"},
      {9007199254740992.0, "9007199254740992"},
      {1e17, "100000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {-1e20, "-100000000000000000000"},
      {1e21, "1e+21"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& one : cases) EXPECT_EQ(prometheus_number(one.value), one.text);
}

TEST(PrometheusJson, TimesHaveThreeDecimalsOrNone) {
  EXPECT_EQ(prometheus_time(1'795'141'800'000), "1795141800");
  EXPECT_EQ(prometheus_time(1'795'141'800'123), "1795141800.123");
  EXPECT_EQ(prometheus_time(1'795'141'800'100), "1795141800.100");
  EXPECT_EQ(prometheus_time(7), "0.007");
  EXPECT_EQ(prometheus_time(-1'500), "-1.500");
}

model::Matrix two_series() {
  model::Matrix matrix;
  matrix.grid = {1'000, 500, 3};
  model::Series first{{{"a", "x\"y"}, {"b", "\n"}}, model::Column(3)};
  first.column.set(0, 1.5);
  first.column.set(2, std::numeric_limits<double>::quiet_NaN());
  model::Series second{{}, model::Column(3)};
  second.column.set(1, 1e-7);
  matrix.series = {first, second};
  return matrix;
}

TEST(PrometheusJson, AMatrixLeavesAbsentPointsOut) {
  EXPECT_EQ(matrix_json(two_series(), {}), R"({"status":"success","data":{"resultType":"matrix","result":[)"
                                           R"({"metric":{"a":"x\"y","b":"\n"},"values":[[1,"1.5"],[2,"NaN"]]},)"
                                           R"({"metric":{},"values":[[1.500,"1e-07"]]}]}})");
  model::Matrix empty;
  EXPECT_EQ(matrix_json(empty, {"look", "there"}),
            R"({"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["look","there"]})");
}

TEST(PrometheusJson, AVectorHasOnePointASeries) {
  model::Matrix matrix = two_series();
  matrix.series.pop_back();
  EXPECT_EQ(vector_json(matrix, {}), R"({"status":"success","data":{"resultType":"vector","result":[)"
                                     R"({"metric":{"a":"x\"y","b":"\n"},"value":[1,"1.5"]}]}})");
}

TEST(PrometheusJson, TheOthers) {
  const auto scalar = [](double value) { return scalar_json(value, 1'500); };
  EXPECT_EQ(scalar(2), R"({"status":"success","data":{"resultType":"scalar","result":[1.5,"2"]}})");
  EXPECT_THAT(scalar(1e-7), HasSubstr("\"0.0000001\""));
  EXPECT_THAT(scalar(-0.0), HasSubstr("\"-0\""));
  EXPECT_THAT(scalar(1e21), HasSubstr("\"1000000000000000000000\""));
  EXPECT_THAT(scalar(-1.7976931348623157e308), HasSubstr("\"-17976931348623157000"));
  EXPECT_EQ(scalar(5e-324).size(), scalar(5).size() + 325);
  EXPECT_THAT(scalar(std::numeric_limits<double>::infinity()), HasSubstr("\"+Inf\""));
  EXPECT_EQ(strings_json({"a", "b"}, {}), R"({"status":"success","data":["a","b"]})");
  EXPECT_EQ(strings_json({}, {"w"}), R"({"status":"success","data":[],"warnings":["w"]})");
  EXPECT_EQ(series_json({{{"a", "b"}}}, {}), R"({"status":"success","data":[{"a":"b"}]})");
  EXPECT_EQ(prometheus_error_json("execution", "it \"broke\""),
            R"({"status":"error","errorType":"execution","error":"it \"broke\""})");
}

}  // namespace
}  // namespace spm::http
