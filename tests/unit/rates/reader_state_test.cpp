#include "reader_state.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "scripted_source.hpp"

namespace spm::rates {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using Chunks = ReaderStatus::Chunks;
using Verdict = ComparisonOutcome::Verdict;

constexpr RateVariant kNewer = {WindowStart::left_open, Extrapolation::newer, Summation::compensated};

class ReaderStateTest : public ::testing::Test {
 protected:
  static ReaderState::Makers makers() {
    ReaderState::Makers made;
    made.chunks = [](RateVariant, BucketRepair) { return std::make_shared<testing::ScriptedSource>(); };
    made.promql = [](BucketRepair) { return std::make_shared<testing::ScriptedSource>(); };
    return made;
  }
  static EngineAnswers engine(BucketRepair repair = BucketRepair::raise) {
    EngineAnswers answers;
    answers.repair = repair;
    return answers;
  }
  static ComparisonOutcome outcome(Verdict verdict, std::optional<RateVariant> variant = {}) {
    ComparisonOutcome made;
    made.verdict = verdict;
    made.variant = variant;
    made.reason = "because";
    return made;
  }

  void compare(Verdict verdict, std::optional<RateVariant> variant = {}) {
    const auto begun = state.begin_comparison(now);
    state.learn_engine(begun, engine());
    state.finish_comparison(begun, outcome(verdict, variant));
  }
  Chunks chunks() const { return state.ways()->status.chunks; }

  ReaderState::Time now{1h};
  ReaderState state{RateReaderOptions(), makers()};
};

TEST_F(ReaderStateTest, KnowsNothingAtFirstAndComparesAtOnce) {
  EXPECT_EQ(chunks(), Chunks::undecided);
  EXPECT_EQ(state.ways()->chunks, nullptr);
  EXPECT_EQ(state.ways()->promql, nullptr);
  EXPECT_LE(state.next_comparison().value(), now);
}

TEST_F(ReaderStateTest, UsesChunksOnceAgreed) {
  compare(Verdict::agreed, kNewer);
  EXPECT_EQ(chunks(), Chunks::agreed);
  EXPECT_EQ(state.ways()->status.variant, kNewer);
  EXPECT_NE(state.ways()->chunks, nullptr);
  EXPECT_NE(state.ways()->promql, nullptr);
}

TEST_F(ReaderStateTest, KeepsItsSourceWhileNothingChanges) {
  compare(Verdict::agreed, kNewer);
  const auto before = state.ways();
  compare(Verdict::agreed, kNewer);
  EXPECT_EQ(state.ways()->chunks, before->chunks);
  EXPECT_EQ(state.ways()->promql, before->promql);
  compare(Verdict::agreed, RateVariant());
  EXPECT_NE(state.ways()->chunks, before->chunks);
}

TEST_F(ReaderStateTest, QuantilesCanBeComputedBeforeRatesCan) {
  compare(Verdict::undecided);
  EXPECT_EQ(chunks(), Chunks::undecided);
  EXPECT_EQ(state.ways()->status.repair, BucketRepair::raise);
  EXPECT_NE(state.ways()->promql, nullptr);
}

TEST_F(ReaderStateTest, WithoutAKnownRepairNothingIsComputed) {
  const auto begun = state.begin_comparison(now);
  state.learn_engine(begun, EngineAnswers());
  state.finish_comparison(begun, outcome(Verdict::agreed, kNewer));
  EXPECT_EQ(state.ways()->chunks, nullptr);
  EXPECT_EQ(state.ways()->promql, nullptr);
}

TEST_F(ReaderStateTest, ComparesAgainOnlyWhenThereWereReads) {
  compare(Verdict::agreed, kNewer);
  EXPECT_EQ(state.next_comparison(), std::nullopt);
  EXPECT_TRUE(state.note_read(now));
  EXPECT_EQ(state.next_comparison(), now + 300s);
  EXPECT_FALSE(state.note_read(now));
  now += 301s;
  compare(Verdict::agreed, kNewer);
  now += 1h;
  EXPECT_TRUE(state.note_read(now));
}

TEST_F(ReaderStateTest, UndecidedLooksAgainLessAndLessOften) {
  compare(Verdict::undecided);
  EXPECT_EQ(state.next_comparison(), now + 4s);
  for (int i = 0; i < 12; ++i) compare(Verdict::undecided);
  EXPECT_EQ(state.next_comparison(), now + 300s);
  state.note_read(now);
  EXPECT_EQ(state.next_comparison(), now + 60s);
  compare(Verdict::agreed, kNewer);
  state.saw_unreachable();
  compare(Verdict::undecided);
  EXPECT_EQ(state.next_comparison(), now + 4s);
}

TEST_F(ReaderStateTest, WhatHasAgreedIsNotDoubtedForWantOfData) {
  compare(Verdict::agreed, kNewer);
  compare(Verdict::undecided);
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(ReaderStateTest, AnotherEngineIsDoubtedEvenWithoutData) {
  compare(Verdict::agreed, kNewer);
  const auto begun = state.begin_comparison(now);
  state.learn_engine(begun, engine(BucketRepair::ignore_small_gaps));
  EXPECT_EQ(chunks(), Chunks::undecided);
  EXPECT_EQ(state.ways()->chunks, nullptr);
  EXPECT_EQ(state.ways()->status.repair, BucketRepair::ignore_small_gaps);
}

TEST_F(ReaderStateTest, ADisagreementTurnsChunksOffForAWhile) {
  compare(Verdict::agreed, kNewer);
  compare(Verdict::disagreed);
  EXPECT_EQ(chunks(), Chunks::disagreed);
  EXPECT_EQ(state.ways()->chunks, nullptr);
  EXPECT_EQ(state.ways()->status.reason, "because");
  state.note_read(now);
  EXPECT_EQ(state.next_comparison(), now + 600s);
}

TEST_F(ReaderStateTest, AStoreThatWasAwayIsComparedAgain) {
  compare(Verdict::agreed, kNewer);
  state.saw_unreachable();
  EXPECT_EQ(chunks(), Chunks::undecided);
  EXPECT_EQ(state.ways()->chunks, nullptr);
  EXPECT_EQ(state.ways()->promql, nullptr);
  EXPECT_LE(state.next_comparison().value(), now + 2s);
}

TEST_F(ReaderStateTest, WhatWasFoundBeforeTheStoreWasAwayCountsNoLonger) {
  compare(Verdict::agreed, kNewer);
  const auto begun = state.begin_comparison(now);
  state.saw_unreachable();
  state.learn_engine(begun, engine());
  state.finish_comparison(begun, outcome(Verdict::agreed, kNewer));
  EXPECT_EQ(chunks(), Chunks::undecided);
  EXPECT_EQ(state.ways()->promql, nullptr);
}

TEST_F(ReaderStateTest, AFailedComparisonDoesNotTakeBackAnything) {
  compare(Verdict::agreed, kNewer);
  state.fail_comparison(state.begin_comparison(now), base::Error(ErrorKind::deadline_exceeded, "slow"));
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(ReaderStateTest, RejectedReadsMeanThatThereAreNone) {
  compare(Verdict::agreed, kNewer);
  now += 100s;
  EXPECT_EQ(state.chunks_failed(base::Error(ErrorKind::query_rejected, "404"), false, now), Fallback::rejected);
  EXPECT_EQ(chunks(), Chunks::absent);
  state.note_read(now);
  EXPECT_EQ(state.next_comparison(), now + 600s);
}

TEST_F(ReaderStateTest, ACallersOwnTokenSaysNothingAboutOthers) {
  compare(Verdict::agreed, kNewer);
  EXPECT_EQ(state.chunks_failed(base::Error(ErrorKind::permission_denied, "403"), true, now), Fallback::refused);
  EXPECT_EQ(chunks(), Chunks::agreed);
  EXPECT_EQ(state.chunks_failed(base::Error(ErrorKind::store_refused_us, "403"), false, now), Fallback::refused);
  EXPECT_EQ(chunks(), Chunks::absent);
}

TEST_F(ReaderStateTest, AnotherEngineHasNotAgreed) {
  compare(Verdict::agreed, kNewer);
  EngineAnswers other;
  other.repair.reset();
  EXPECT_FALSE(state.is_same_engine(other));
  EXPECT_EQ(chunks(), Chunks::undecided);
  EXPECT_EQ(state.ways()->chunks, nullptr);
  EXPECT_EQ(state.ways()->promql, nullptr);
}

TEST_F(ReaderStateTest, TheEraGoesOnWhileTheStoreComputesAsBefore) {
  compare(Verdict::undecided);
  const std::uint64_t era = state.ways()->era;
  compare(Verdict::agreed, kNewer);
  EXPECT_EQ(state.ways()->era, era) << "the store's own answers were the same before";
  compare(Verdict::agreed, kNewer);
  compare(Verdict::undecided);
  compare(Verdict::absent);
  compare(Verdict::agreed, kNewer);
  state.saw_unreachable();
  compare(Verdict::agreed, kNewer);
  EXPECT_TRUE(state.is_same_engine(engine()));
  EXPECT_EQ(state.ways()->era, era);
}

TEST_F(ReaderStateTest, AnotherVariantDisagreementOrEngineBeginsAnEra) {
  compare(Verdict::agreed, kNewer);
  std::uint64_t era = state.ways()->era;
  compare(Verdict::agreed, RateVariant());
  EXPECT_NE(state.ways()->era, era);
  era = state.ways()->era;
  compare(Verdict::disagreed);
  EXPECT_NE(state.ways()->era, era);
  era = state.ways()->era;
  EXPECT_FALSE(state.is_same_engine(engine(BucketRepair::ignore_small_gaps)));
  state.learn_engine(state.begin_comparison(now), engine(BucketRepair::ignore_small_gaps));
  EXPECT_NE(state.ways()->era, era);
}

TEST_F(ReaderStateTest, ABusyStoreIsLeftAloneForAMoment) {
  compare(Verdict::agreed, kNewer);
  EXPECT_EQ(state.chunks_failed(base::Error(ErrorKind::overloaded, "503"), false, now), Fallback::busy);
  EXPECT_TRUE(state.chunks_rest(now + 4s));
  EXPECT_FALSE(state.chunks_rest(now + 5s));
  EXPECT_EQ(state.chunks_failed(base::Error(ErrorKind::overloaded, "503"), false, now + 6s), Fallback::busy);
  EXPECT_EQ(state.chunks_failed(base::Error(ErrorKind::overloaded, "503"), false, now + 7s), Fallback::busy);
  EXPECT_TRUE(state.chunks_rest(now + 15s));
  EXPECT_FALSE(state.chunks_rest(now + 16s));
  now += 20s;
  state.chunks_worked();
  EXPECT_EQ(state.chunks_failed(base::Error(ErrorKind::overloaded, "503"), false, now), Fallback::busy);
  EXPECT_FALSE(state.chunks_rest(now + 5s));
  const auto later = base::Error(ErrorKind::rate_limited, "429").retry_in(std::chrono::seconds(30));
  EXPECT_EQ(state.chunks_failed(later, false, now), Fallback::busy);
  EXPECT_TRUE(state.chunks_rest(now + 29s));
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(ReaderStateTest, ThreeBrokenStreamsInARowAreEnough) {
  compare(Verdict::agreed, kNewer);
  const base::Error broken(ErrorKind::store_misbehaved, "a wrong checksum");
  const auto fail_once = [&] {
    now += 1s;
    EXPECT_EQ(state.chunks_failed(broken, false, now), Fallback::broken);
    // Another caller of the same read.
    EXPECT_EQ(state.chunks_failed(broken, false, now), Fallback::broken);
  };
  fail_once();
  fail_once();
  state.chunks_worked();
  fail_once();
  fail_once();
  EXPECT_EQ(chunks(), Chunks::agreed);
  fail_once();
  EXPECT_EQ(chunks(), Chunks::absent);
}

TEST_F(ReaderStateTest, ErrorsOfTheQuestionAreTheCallers) {
  compare(Verdict::agreed, kNewer);
  for (const ErrorKind kind : {ErrorKind::cancelled, ErrorKind::deadline_exceeded, ErrorKind::answer_too_large,
                               ErrorKind::store_unreachable, ErrorKind::shutting_down}) {
    EXPECT_EQ(state.chunks_failed(base::Error(kind, "x"), false, now), std::nullopt);
  }
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(ReaderStateTest, SettingsTurnChunksOff) {
  RateReaderOptions options;
  options.mode = ReadMode::promql;
  EXPECT_EQ(ReaderState(options, makers()).ways()->status.chunks, Chunks::disabled);
  options.mode = ReadMode::automatic;
  options.store_has_parameters = true;
  EXPECT_EQ(ReaderState(options, makers()).ways()->status.chunks, Chunks::disabled);
  options.mode = ReadMode::chunks;
  EXPECT_EQ(ReaderState(options, makers()).ways()->status.chunks, Chunks::undecided);
}

}  // namespace
}  // namespace spm::rates
