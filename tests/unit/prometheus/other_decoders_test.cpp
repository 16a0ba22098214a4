#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity_decoder.hpp"
#include "instant_decoder.hpp"
#include "list_decoder.hpp"

namespace spm::prometheus {
namespace {

using base::ErrorKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kMaxSeries = 3;

base::Result<DecodedInstant> instant(std::string_view text) {
  return decode_instant_answer(PaddedBuffer(text), kMaxSeries);
}

std::string vector(std::string_view samples, std::string_view more = "") {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + std::string(samples) + "]}" +
         std::string(more) + "}";
}

std::string refusal(const base::Result<DecodedInstant>& answer) {
  if (answer) return "accepted";
  EXPECT_EQ(answer.error().kind, ErrorKind::store_misbehaved);
  return answer.error().message;
}

TEST(InstantDecoder, ReadsAVector) {
  const auto good =
      instant(vector(R"({"metric":{"a":"π\n"},"value":[1435781451.781,"1.5"]},{"metric":{},"value":[1,"NaN"]},)"
                     R"({"value":[2.5, "-Inf" ],"metric":{"b":"c"}})"));
  ASSERT_TRUE(good) << good.error().message;
  ASSERT_THAT(good->samples, SizeIs(3));
  EXPECT_THAT(good->samples[0].labels, ElementsAre(model::Label{"a", "π\n"}));
  EXPECT_EQ(good->samples[0].value, 1.5);
  EXPECT_EQ(good->samples[0].at_ms, 1'435'781'451'781);
  EXPECT_THAT(good->samples[1].labels, IsEmpty());
  EXPECT_TRUE(std::isnan(good->samples[1].value));
  EXPECT_EQ(good->samples[2].value, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(good->samples[2].at_ms, 2'500);
}

TEST(InstantDecoder, ReadsAScalarAsOneSample) {
  for (const char* text : {R"({"status":"success","data":{"resultType":"scalar","result":[10.5,"2"]}})",
                           R"({"data":{"result":[10.5, 2 ],"resultType":"scalar"},"status":"success"})"}) {
    const auto answer = instant(text);
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_THAT(answer->samples, SizeIs(1));
    EXPECT_THAT(answer->samples[0].labels, IsEmpty());
    EXPECT_EQ(answer->samples[0].value, 2);
    EXPECT_EQ(answer->samples[0].at_ms, 10'500);
  }
}

TEST(InstantDecoder, TakesKeysInAnyOrderAndSkipsUnknownOnes) {
  const auto answer = instant(
      R"({"stats":{"x":[1,{"y":null}]},"data":{"result":[{"value":[1,"1"],"x":[[]],"metric":{"a":"b"}}],)"
      R"("resultType":"vector"},"infos":["i"],"warnings":["w","PromQL info: x"],"isPartial":true,"status":"success"})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->samples, SizeIs(1));
  EXPECT_THAT(answer->warnings, ElementsAre("w", HasSubstr("partial")));
  EXPECT_EQ(answer->infos, 2U);
}

TEST(InstantDecoder, AnEmptyVectorIsEmpty) {
  const auto answer = instant(vector(""));
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->samples, IsEmpty());
}

TEST(InstantDecoder, LeavesNativeHistogramsOutAndSaysSo) {
  const auto answer =
      instant(vector(R"({"metric":{"a":"1"},"histogram":[1,{"count":"2","sum":"3","buckets":[[0,"1","2","2"]]}]},)"
                     R"({"metric":{"a":"2"},"histogram":[1,{"count":"2","sum":"3"}],"value":[1,"5"]})"));
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_THAT(answer->samples, SizeIs(1));
  EXPECT_EQ(answer->samples[0].value, 5);
  EXPECT_THAT(answer->warnings, ElementsAre(HasSubstr("native histogram samples of 1 series")));
}

TEST(InstantDecoder, RefusesWhatIsNotWhole) {
  EXPECT_THAT(refusal(instant("")), HasSubstr("JSON"));
  EXPECT_THAT(refusal(instant("[]")), HasSubstr("JSON"));
  EXPECT_THAT(refusal(instant(R"({"status":"success"})")), HasSubstr("no data"));
  EXPECT_THAT(refusal(instant(R"({"data":{"resultType":"vector","result":[]}})")), HasSubstr("no status"));
  EXPECT_THAT(refusal(instant(R"({"status":"error","data":{"resultType":"vector","result":[]}})")),
              HasSubstr("\"error\""));
  EXPECT_THAT(refusal(instant(R"({"status":"success","data":{"resultType":"vector"}})")), HasSubstr("no data of type"));
  EXPECT_THAT(refusal(instant(R"({"status":"success","data":{"result":[]}})")), HasSubstr("no data of type"));
  EXPECT_THAT(refusal(instant(R"({"status":"success","data":{"resultType":"matrix","result":[]}})")),
              HasSubstr("\"matrix\""));
  EXPECT_THAT(refusal(instant(R"({"status":"success","data":{"resultType":"string","result":[1,"x"]}})")),
              HasSubstr("\"string\""));
  EXPECT_THAT(refusal(instant(R"({"status":"success","data":{"resultType":"vector","result":[1,"2"]}})")),
              HasSubstr("not of its result type"));
  EXPECT_THAT(refusal(instant(R"({"status":"success","data":{"resultType":"scalar","result":[]}})")),
              HasSubstr("not of its result type"));
  EXPECT_THAT(refusal(instant(R"({"status":"success","data":{"resultType":"scalar","result":[1]}})")),
              HasSubstr("no value"));
  EXPECT_THAT(refusal(instant(R"({"status":"success","data":{"resultType":"scalar","result":[1,"2",3]}})")),
              HasSubstr("more than"));
  EXPECT_THAT(refusal(instant(vector(R"({"metric":{}})"))), HasSubstr("no value"));
  EXPECT_THAT(refusal(instant(vector(R"({"value":[1,"2"]})"))), HasSubstr("no labels"));
  EXPECT_THAT(refusal(instant(vector(R"({"metric":{},"values":[[1,"2"]]})"))), HasSubstr("ranges"));
  EXPECT_THAT(refusal(instant(vector(R"({"metric":{},"value":[1]})"))), HasSubstr("no value"));
  EXPECT_THAT(refusal(instant(vector(R"({"metric":{},"value":["x","2"]})"))), HasSubstr("no timestamp"));
  EXPECT_THAT(refusal(instant(vector(R"({"metric":{},"value":[1,"two"]})"))), HasSubstr("no sample value"));
  EXPECT_THAT(refusal(instant(vector(R"({"metric":{},"value":[1,"2"],"value":[1,"2"]})"))), HasSubstr("twice"));
  EXPECT_THAT(refusal(instant(vector(R"({"metric":{"a":"1","a":"2"},"value":[1,"2"]})"))), HasSubstr("twice"));
  EXPECT_THAT(refusal(instant(vector(R"({"metric":{"a":1},"value":[1,"2"]})"))), HasSubstr("JSON"));
  EXPECT_THAT(refusal(instant(vector("") + "{}")), HasSubstr("more follows"));
  const std::string whole = vector(R"({"metric":{"a":"b"},"value":[1,"2"]})");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(instant(std::string_view(whole).substr(0, length))) << length;
  }
}

TEST(InstantDecoder, CountsEverySeries) {
  std::string samples = R"({"metric":{},"value":[1,"2"]})";
  for (int i = 1; i < 3; ++i) samples += R"(,{"metric":{},"histogram":[1,{}]})";
  EXPECT_TRUE(instant(vector(samples)));
  const auto answer = instant(vector(samples + R"(,{"metric":{},"value":[1,"2"]})"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::answer_too_large);
  EXPECT_THAT(answer.error().message, HasSubstr("--store.max-series"));
}

base::Result<DecodedList> list(std::string_view text) { return decode_list_answer(PaddedBuffer(text)); }

TEST(ListDecoder, ReadsTheValuesInTheirOrder) {
  const auto answer = list(R"({"warnings":["results truncated due to limit"],"data":["b","a","é\u0000\"",""],)"
                           R"("status":"success"})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->values, ElementsAre("b", "a", std::string("é\0\"", 4), ""));
  EXPECT_THAT(answer->warnings, ElementsAre("results truncated due to limit"));
  EXPECT_THAT(list(R"({"status":"success","data":[]})")->values, IsEmpty());
  EXPECT_THAT(list(R"({"status":"success","data":null})")->values, IsEmpty());
}

TEST(ListDecoder, RefusesWhatIsNoList) {
  for (const char* text :
       {"", "null", "[]", "[\"a\"]", R"({"status":"success"})", R"({"data":[]})", R"({"status":"error","data":[]})",
        R"({"status":"success","data":{}})", R"({"status":"success","data":"a"})", R"({"status":"success","data":1})",
        R"({"status":"success","data":nul})", R"({"status":"success","data":[1]})",
        R"({"status":"success","data":["a",null]})", R"({"status":"success","data":["a"],"data":["b"]})",
        R"({"status":"success","data":["a"]}x)", R"({"status":"success","data":["a")"}) {
    const auto answer = list(text);
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().kind, ErrorKind::store_misbehaved);
    EXPECT_THAT(answer.error().message, HasSubstr("not usable"));
  }
}

TEST(IdentityDecoder, TellsTheStoresApart) {
  using Kind = StoreIdentity::Kind;
  const auto is = [](std::string_view body, bool header, Kind kind, std::string_view version) {
    const StoreIdentity identity = decode_identity(body, header);
    return identity.kind == kind && identity.version == version;
  };
  EXPECT_TRUE(is(R"({"status":"success","data":{"version":"2.42.0"}})", false, Kind::prometheus_like, "2.42.0"));
  EXPECT_TRUE(is(R"({"status":"success","data":{"version":""}})", false, Kind::prometheus_like, ""));
  EXPECT_TRUE(is(R"({"status":"success","data":{"version":"2.24.0"}})", true, Kind::victoria_metrics, ""));
  EXPECT_TRUE(is(R"({"data":{}})", true, Kind::victoria_metrics, ""));
  EXPECT_TRUE(is(R"({"data":{}})", false, Kind::victoria_metrics, ""));
  for (const char* body : {"", "<html>", "[]", "{}", R"({"data":[]})", R"({"data":{"version":2}})"}) {
    EXPECT_TRUE(is(body, false, Kind::prometheus_like, "")) << body;
  }
  EXPECT_EQ(decode_identity("{\"data\":{\"version\":\"1\\n2\"}}", false).version, "1\\x0a2");
}

}  // namespace
}  // namespace spm::prometheus
