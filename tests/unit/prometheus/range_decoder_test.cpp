#include "range_decoder.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spm::prometheus {
namespace {

using base::ErrorKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr model::TimeGrid kGrid{10'000, 5'000, 4};  // 10, 15, 20, 25 s

base::Result<DecodedAnswer> decode(std::string_view text, const model::TimeGrid& grid = kGrid,
                                   const DecodeLimits& limits = {}) {
  return decode_range_answer(PaddedBuffer(text), grid, limits);
}

/// A whole answer around the members of `result`.
std::string matrix(std::string_view series, std::string_view more = "") {
  return R"({"status":"success","data":{"resultType":"matrix","result":[)" + std::string(series) + "]}" +
         std::string(more) + "}";
}

ErrorKind kind_of(const base::Result<DecodedAnswer>& result) {
  return result ? ErrorKind::internal : result.error().kind;
}

TEST(RangeDecoder, ReadsAnOrdinaryAnswer) {
  const auto answer = decode(matrix(
      R"({"metric":{"service_name":"a","span_name":"GET \"x\"\nπ"},"values":[[10,"1"],[15,"2.5"],[25,"NaN"]]})"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.grid, kGrid);
  ASSERT_THAT(answer->matrix.series, SizeIs(1));
  const model::Series& series = answer->matrix.series[0];
  EXPECT_THAT(series.labels, ElementsAre(model::Label{"service_name", "a"}, model::Label{"span_name", "GET \"x\"\nπ"}));
  ASSERT_EQ(series.column.size(), 4U);
  EXPECT_EQ(series.column.value(0), 1);
  EXPECT_EQ(series.column.value(1), 2.5);
  EXPECT_FALSE(series.column.has(2));
  EXPECT_TRUE(std::isnan(series.column.value(3)));
}

TEST(RangeDecoder, TakesKeysInAnyOrderAndSkipsUnknownOnes) {
  const auto answer = decode(
      R"({"stats":{"deep":[{"x":[1,2,{"y":null}]}]},"data":{"more":[[]],"result":[{"values":[[10,"1"]],"x":{"a":[]},)"
      R"("metric":{"a":"b"}}],"resultType":"matrix"},"infos":null,"warnings":null,"status":"success"})");
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_THAT(answer->matrix.series, SizeIs(1));
  EXPECT_THAT(answer->matrix.series[0].labels, ElementsAre(model::Label{"a", "b"}));
  EXPECT_TRUE(answer->matrix.series[0].column.has(0));
}

TEST(RangeDecoder, TakesBlanksAnywhere) {
  const auto answer = decode(
      " {\n\"status\" : \"success\" , \"data\":\t{\"resultType\":\"matrix\",\"result\":[ { \"metric\" : { } , "
      "\"values\" : [ [ 10 , \"1\" ] , [ 15\n,\"2\"\n] ] } ] } }\r\n ");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.series.at(0).column.count(), 2U);
}

TEST(RangeDecoder, TakesBareNumbersAndAllSpecialValues) {
  const auto answer = decode(matrix(R"({"metric":{},"values":[[10,1.5],[15,"+Inf"],[20,"-Inf"],[25,"1e-07"]]})"));
  ASSERT_TRUE(answer) << answer.error().message;
  const model::Column& column = answer->matrix.series.at(0).column;
  EXPECT_EQ(column.value(0), 1.5);
  EXPECT_EQ(column.value(1), std::numeric_limits<double>::infinity());
  EXPECT_EQ(column.value(2), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(column.value(3), 1e-7);
}

TEST(RangeDecoder, PutsUnsortedPointsInTheirPlaces) {
  const auto answer = decode(matrix(R"({"metric":{},"values":[[25,"4"],[10,"1"],[20,"3"]]})"));
  ASSERT_TRUE(answer) << answer.error().message;
  const model::Column& column = answer->matrix.series.at(0).column;
  EXPECT_EQ(column.count(), 3U);
  EXPECT_EQ(column.value(0), 1);
  EXPECT_EQ(column.value(2), 3);
  EXPECT_EQ(column.value(3), 4);
}

TEST(RangeDecoder, TellsOfRepeatedPoints) {
  const auto answer = decode(matrix(R"({"metric":{},"values":[[10,"1"],[10,"2"]]})"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.series.at(0).column.value(0), 2);
  EXPECT_THAT(answer->warnings, ElementsAre(HasSubstr("several values for one time")));
}

TEST(RangeDecoder, KeepsMillisecondsExact) {
  const model::TimeGrid grid{1'700'000'000'123, 333, 3};
  const auto answer = decode(
      matrix(R"({"metric":{},"values":[[1700000000.123,"1"],[1700000000.456,"2"],[1700000000.789,"3"]]})"), grid);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.grid, grid);
  EXPECT_EQ(answer->matrix.series.at(0).column.count(), 3U);
}

TEST(RangeDecoder, FollowsAStoreThatMovesTheGrid) {
  const model::TimeGrid asked{12'000, 5'000, 3};  // 12, 17, 22; the store answers for 10 to 25
  const auto answer = decode(matrix(R"({"metric":{},"values":[[10,"1"],[15,"2"],[20,"3"],[25,"4"]]},)"
                                    R"({"metric":{"a":"b"},"values":[[20,"3"]]})"),
                             asked);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.grid, (model::TimeGrid{10'000, 5'000, 4}));
  EXPECT_EQ(answer->matrix.series.at(0).column.count(), 4U);
  EXPECT_TRUE(answer->matrix.series.at(1).column.has(2));
}

TEST(RangeDecoder, FindsTheMovedGridFromALaterPoint) {
  const model::TimeGrid asked{12'000, 5'000, 3};
  const auto answer = decode(matrix(R"({"metric":{},"values":[[25,"4"]]})"), asked);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.grid.start_ms, 10'000);
  EXPECT_TRUE(answer->matrix.series.at(0).column.has(3));
}

TEST(RangeDecoder, RefusesPointsOffTheGridOrOutsideIt) {
  for (const char* points : {R"([[5,"1"]])", R"([[30,"1"]])", R"([[10,"1"],[16,"1"]])", R"([[11,"1"],[15,"1"]])",
                             R"([[-10,"1"]])", R"([[1,"1"],[6,"1"]])"}) {
    const auto answer = decode(matrix(R"({"metric":{},"values":)" + std::string(points) + "}"));
    EXPECT_EQ(kind_of(answer), ErrorKind::store_misbehaved) << points;
  }
}

TEST(RangeDecoder, EmptyResultsAreAnAnswer) {
  const auto answer = decode(matrix(""));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->matrix.series, SizeIs(0));
  EXPECT_EQ(answer->matrix.grid, kGrid);
}

TEST(RangeDecoder, LeavesOutSeriesWithoutPoints) {
  const auto answer = decode(matrix(R"({"metric":{"a":"1"},"values":[]},{"metric":{"a":"2"},"values":[[10,"1"]]})"));
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_THAT(answer->matrix.series, SizeIs(1));
  EXPECT_EQ(answer->matrix.series[0].labels[0].value, "2");
}

TEST(RangeDecoder, WarnsOfNativeHistograms) {
  const auto answer =
      decode(matrix(R"({"metric":{},"histograms":[[10,{"count":"1","sum":"2","buckets":[[0,"1","2","3"]]}]]},)"
                    R"({"metric":{"a":"b"},"values":[[10,"1"]],"histograms":[[15,{}]]})"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->matrix.series, SizeIs(1));
  EXPECT_THAT(answer->warnings, ElementsAre(HasSubstr("native histogram samples of 2 series")));
}

TEST(RangeDecoder, TellsWarningsAboutDataFromRemarksOnTheQuery) {
  const auto answer = decode(matrix(
      "", R"(,"warnings":["store gateway down","PromQL info: x","PromQL warning: y"],"infos":["PromQL info: z"])"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->warnings, ElementsAre("store gateway down"));
  EXPECT_EQ(answer->infos, 3U);
}

TEST(RangeDecoder, MakesWarningsSafeAndFew) {
  std::string warnings = R"(,"warnings":["a\r\nSet-Cookie: x")";
  for (int i = 0; i < 30; ++i) warnings += R"(,"w")";
  const auto answer = decode(matrix("", warnings + "]"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->warnings, SizeIs(11));
  EXPECT_EQ(answer->warnings[0], "a\\x0d\\x0aSet-Cookie: x");
  EXPECT_EQ(answer->warnings[10], "and 21 more warnings");
}

TEST(RangeDecoder, APartialAnswerIsAWarning) {
  const auto answer = decode(R"({"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->warnings, ElementsAre(HasSubstr("partial")));
  EXPECT_THAT(decode(matrix("", R"(,"isPartial":false)"))->warnings, SizeIs(0));
}

TEST(RangeDecoder, RefusesEveryTruncation) {
  const std::string whole = matrix(R"({"metric":{"a":"b"},"values":[[10,"1"],[15,"2"]]})", R"(,"warnings":["w"])");
  ASSERT_TRUE(decode(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(kind_of(decode(whole.substr(0, length))), ErrorKind::store_misbehaved) << whole.substr(0, length);
  }
}

TEST(RangeDecoder, RefusesWhatFollowsTheEnd) {
  const std::string whole = matrix(R"({"metric":{},"values":[[10,"1"]]})");
  for (const char* tail : {"}", "{}", " x", "null", ",", "[]", "\"\"", "\x01"}) {
    EXPECT_EQ(kind_of(decode(whole + tail)), ErrorKind::store_misbehaved) << tail;
  }
}

struct BadAnswer {
  const char* name;
  const char* text;
};

class RangeDecoderRefuses : public ::testing::TestWithParam<BadAnswer> {};

TEST_P(RangeDecoderRefuses, AsMisbehaviour) {
  const auto answer = decode(GetParam().text);
  ASSERT_FALSE(answer) << GetParam().text;
  EXPECT_EQ(answer.error().kind, ErrorKind::store_misbehaved) << answer.error().message;
  EXPECT_FALSE(answer.error().message.empty());
}

#define SPM_SERIES(text) R"({"status":"success","data":{"resultType":"matrix","result":[)" text R"(]}})"

INSTANTIATE_TEST_SUITE_P(
    Table, RangeDecoderRefuses,
    ::testing::Values(
        BadAnswer{"empty", ""}, BadAnswer{"blank", "  \n"}, BadAnswer{"html", "<html>no</html>"},
        BadAnswer{"text", "ok"}, BadAnswer{"array", "[]"}, BadAnswer{"number", "1"}, BadAnswer{"null", "null"},
        BadAnswer{"nothing_in_it", "{}"}, BadAnswer{"no_data", R"({"status":"success"})"},
        BadAnswer{"null_data", R"({"status":"success","data":null})"},
        BadAnswer{"no_status", R"({"data":{"resultType":"matrix","result":[]}})"},
        BadAnswer{"no_type", R"({"status":"success","data":{"result":[]}})"},
        BadAnswer{"no_result", R"({"status":"success","data":{"resultType":"matrix"}})"},
        BadAnswer{"null_result", R"({"status":"success","data":{"resultType":"matrix","result":null}})"},
        BadAnswer{"error_with_200", R"({"status":"error","errorType":"bad_data","error":"no"})"},
        BadAnswer{"status_number", R"({"status":1,"data":{"resultType":"matrix","result":[]}})"},
        BadAnswer{"vector",
                  R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}})"},
        BadAnswer{"scalar", R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})"},
        BadAnswer{"late_vector", R"({"status":"success","data":{"result":[],"resultType":"vector"}})"},
        BadAnswer{"two_statuses",
                  R"({"status":"success","status":"success","data":{"resultType":"matrix","result":[]}})"},
        BadAnswer{"two_data", R"({"status":"success","data":{"resultType":"matrix","result":[]},)"
                              R"("data":{"resultType":"matrix","result":[]}})"},
        BadAnswer{"two_values", SPM_SERIES(R"({"metric":{},"values":[[10,"1"]],"values":[[15,"1"]]})")},
        BadAnswer{"two_labels", SPM_SERIES(R"({"metric":{"a":"1","a":"2"},"values":[[10,"1"]]})")},
        BadAnswer{"no_metric", SPM_SERIES(R"({"values":[[10,"1"]]})")}, BadAnswer{"series_number", SPM_SERIES("1")},
        BadAnswer{"label_number", SPM_SERIES(R"({"metric":{"a":1},"values":[[10,"1"]]})")},
        BadAnswer{"metric_array", SPM_SERIES(R"({"metric":[],"values":[[10,"1"]]})")},
        BadAnswer{"values_object", SPM_SERIES(R"({"metric":{},"values":{}})")},
        BadAnswer{"point_number", SPM_SERIES(R"({"metric":{},"values":[10]})")},
        BadAnswer{"point_empty", SPM_SERIES(R"({"metric":{},"values":[[]]})")},
        BadAnswer{"point_of_one", SPM_SERIES(R"({"metric":{},"values":[[10]]})")},
        BadAnswer{"point_of_three", SPM_SERIES(R"({"metric":{},"values":[[10,"1","2"]]})")},
        BadAnswer{"value_empty", SPM_SERIES(R"({"metric":{},"values":[[10,""]]})")},
        BadAnswer{"value_null", SPM_SERIES(R"({"metric":{},"values":[[10,null]]})")},
        BadAnswer{"value_bool", SPM_SERIES(R"({"metric":{},"values":[[10,true]]})")},
        BadAnswer{"value_words", SPM_SERIES(R"({"metric":{},"values":[[10,"one"]]})")},
        BadAnswer{"value_array", SPM_SERIES(R"({"metric":{},"values":[[10,["1"]]]})")},
        BadAnswer{"value_object", SPM_SERIES(R"({"metric":{},"values":[[10,{}]]})")},
        BadAnswer{"bare_nan", SPM_SERIES(R"({"metric":{},"values":[[10,nan]]})")},
        BadAnswer{"time_string", SPM_SERIES(R"({"metric":{},"values":[["10","1"]]})")},
        BadAnswer{"time_null", SPM_SERIES(R"({"metric":{},"values":[[null,"1"]]})")},
        BadAnswer{"missing_comma", SPM_SERIES(R"({"metric":{},"values":[[10 "1"]]})")},
        BadAnswer{"bad_utf8", SPM_SERIES("{\"metric\":{\"a\":\"\xff\"},\"values\":[[10,\"1\"]]}")},
        BadAnswer{"control_byte", SPM_SERIES("{\"metric\":{\"a\":\"\x01\"},\"values\":[[10,\"1\"]]}")},
        BadAnswer{"bad_escape", SPM_SERIES(R"({"metric":{"a":"\q"},"values":[[10,"1"]]})")}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(RangeDecoder, NamesTheSeriesLimit) {
  std::string series;
  for (int i = 0; i < 4; ++i) {
    series += std::string(i == 0 ? "" : ",") + R"({"metric":{"a":")" + std::to_string(i) + R"("},"values":[[10,"1"]]})";
  }
  DecodeLimits limits;
  limits.max_series = 4;
  EXPECT_TRUE(decode(matrix(series), kGrid, limits));
  limits.max_series = 3;
  const auto answer = decode(matrix(series), kGrid, limits);
  ASSERT_EQ(kind_of(answer), ErrorKind::answer_too_large);
  EXPECT_THAT(answer.error().message, HasSubstr("more than 3 series"));
  EXPECT_THAT(answer.error().message, HasSubstr("--store.max-series"));
}

TEST(RangeDecoder, BoundsMemoryOfShortSeriesOnLongGrids) {
  DecodeLimits limits;
  limits.max_cells = 7;  // one series of four places fits, two do not
  EXPECT_TRUE(decode(matrix(R"({"metric":{},"values":[[10,"1"]]})"), kGrid, limits));
  const auto answer =
      decode(matrix(R"({"metric":{},"values":[[10,"1"]]},{"metric":{"a":"b"},"values":[[10,"1"]]})"), kGrid, limits);
  ASSERT_EQ(kind_of(answer), ErrorKind::answer_too_large);
  EXPECT_THAT(answer.error().message, HasSubstr("--store.max-cells"));
}

TEST(RangeDecoder, TakesTwentyThousandSeries) {
  std::string series;
  for (int i = 0; i < 20'000; ++i) {
    series += std::string(i == 0 ? "" : ",") + R"({"metric":{"op":")" + std::to_string(i) + R"("},"values":[[10,")" +
              std::to_string(i) + R"("]]})";
  }
  const auto answer = decode(matrix(series));
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_THAT(answer->matrix.series, SizeIs(20'000));
  EXPECT_EQ(answer->matrix.series[19'999].column.value(0), 19'999);
  EXPECT_EQ(kind_of(decode(matrix(series + R"(,{"metric":{},"values":[]})"))), ErrorKind::answer_too_large);
}

}  // namespace
}  // namespace spm::prometheus
