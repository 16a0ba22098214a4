#include "words.hpp"

#include <set>

#include <gtest/gtest.h>

#include <spm/diagnosis/report.hpp>

namespace spm::diagnosis {
namespace {

TEST(Words, SpansAreRoundedToWhatOneWouldSay) {
  EXPECT_EQ(span_text(250), "250 ms");
  EXPECT_EQ(span_text(40'400), "40 s");
  EXPECT_EQ(span_text(90'000), "90 s");
  EXPECT_EQ(span_text(120'000), "2 min");
  EXPECT_EQ(span_text(34LL * 3'600'000), "34 h");
  EXPECT_EQ(span_text(9LL * 86'400'000), "9 days");
}

TEST(Words, AgesMayLieInTheFuture) {
  EXPECT_EQ(age_text(30'000), "30 s old");
  EXPECT_EQ(age_text(89), "1 s old");
  EXPECT_EQ(age_text(-1'800'000), "30 min in the future");
}

TEST(Words, TimesAreUtc) { EXPECT_EQ(time_text(1'795'132'800'000), "2026-11-20T00:00:00Z"); }

TEST(Words, ListsAreBounded) {
  EXPECT_EQ(list_text({}), "");
  EXPECT_EQ(list_text({"a"}), "a");
  EXPECT_EQ(list_text({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(list_text({"a", "b", "c", "d"}, 2), "a, b and 2 more");
  EXPECT_EQ(list_text({"a", "b", "c"}, 2), "a, b and c") << "and 1 more would be no shorter";
}

TEST(Words, ForeignNamesAreMadePrintable) { EXPECT_EQ(list_text({"line\nbreak"}), "line\\x0abreak"); }

TEST(Words, PercentagesKeepADecimalWhereItMatters) {
  EXPECT_EQ(percent_text(0.042), "4.2 %");
  EXPECT_EQ(percent_text(0.42), "42 %");
}

TEST(Words, KindsAreSpoken) {
  EXPECT_EQ(spoken_kind("SPAN_KIND_SERVER"), "server");
  EXPECT_EQ(spoken_kind("odd"), "odd");
  EXPECT_EQ(spoken_kind(""), "none");
}

TEST(Words, SentencesBeginAndEndAsSuch) {
  EXPECT_EQ(sentence("it has no label"), "It has no label.");
  EXPECT_EQ(sentence("Why?"), "Why?");
  EXPECT_EQ(sentence("calls_total: used"), "calls_total: used.") << "a metric's name stays as it is";
  EXPECT_EQ(sentence(""), "");
}

TEST(FindingIds, EachHasATextOfItsOwn) {
  std::set<std::string_view> seen;
  for (const FindingId id : all_finding_ids()) {
    EXPECT_FALSE(text_of(id).empty());
    EXPECT_TRUE(seen.insert(text_of(id)).second) << text_of(id);
  }
  EXPECT_EQ(text_of(FindingId::counters_reset_together), "counters_reset_together");
  EXPECT_EQ(text_of(FindingId::store_unreachable), "store_unreachable");
}

}  // namespace
}  // namespace spm::diagnosis
