#include <gtest/gtest.h>

#include "fakes.hpp"

namespace spm::diagnosis {
namespace {

using base::ErrorKind;

TEST(Examination, EverythingIsAskedAsTheCaller) {
  Clinic clinic;
  clinic.context.bearer_token = "caller's";
  clinic.context.store_parameters = {{"extra_label", "tenant=a"}};
  clinic.examine();
  EXPECT_GT(clinic.store.asked.size(), 5U);
  for (const FakeStore::Asked& asked : clinic.store.asked) {
    EXPECT_EQ(asked.token, "caller's") << asked.text;
    EXPECT_EQ(asked.parameters, clinic.context.store_parameters) << asked.text;
  }
  EXPECT_EQ(clinic.names.token, "caller's");
}

TEST(Examination, BucketsAreNeverAskedFor) {
  Clinic clinic;
  clinic.examine();
  EXPECT_EQ(clinic.store.find("_bucket"), nullptr);
  EXPECT_EQ(clinic.store.find("values of le"), nullptr);
}

TEST(Examination, AQuestionThatFailsIsALineAndTheRestGoesOn) {
  Clinic clinic;
  clinic.store.refuse("resets(", ErrorKind::query_rejected, "the store has no resets()");
  const Report report = clinic.examine();
  EXPECT_EQ(report.not_asked, std::vector<std::string>{"how often counters begin anew: the store has no resets()"});
  EXPECT_EQ(report.services.size(), 1U);
  EXPECT_TRUE(report.healthy());
}

TEST(Examination, AnIdentityThatIsRefusedIsNoFinding) {
  Clinic clinic;
  clinic.store.identity = base::fail(ErrorKind::query_rejected, "no such endpoint");
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "");
  EXPECT_EQ(report.not_asked.size(), 1U);
}

TEST(Examination, WhatThereWasNoTimeForIsOneLine) {
  Clinic clinic;
  clinic.context.deadline = base::Deadline::after(std::chrono::seconds{-1});
  for (const char* words : {"max", "topk", "count", "sum"}) {
    clinic.store.refuse(words, ErrorKind::deadline_exceeded, "late");
  }
  const Report report = clinic.examine();
  ASSERT_EQ(report.not_asked.size(), 1U);
  EXPECT_NE(report.not_asked[0].find("no time left"), std::string::npos);
  EXPECT_EQ(ids(report), "store_slow");
}

TEST(Examination, FamiliesAreBounded) {
  Clinic clinic;
  clinic.options.max_families = 1;
  clinic.schema = schema_of({connector(), connector(), connector()});
  const Report report = clinic.examine();
  EXPECT_EQ(report.families.size(), 1U);
  EXPECT_EQ(report.families_left_out, 2U);
}

TEST(Examination, ANativeHistogramThatCountsIsNotAskedAsACounter) {
  schema::Family family = connector();
  family.names.calls.clear();
  family.names.bucket.clear();
  family.names.native_histogram = family.histogram_base;
  family.histogram = {};
  family.histogram.native = true;
  Clinic clinic(family);
  clinic.examine();
  EXPECT_EQ(clinic.store.find("changes("), nullptr);
  EXPECT_EQ(clinic.store.find("resets("), nullptr);
  EXPECT_NE(clinic.store.find("count_over_time("), nullptr);
}

}  // namespace
}  // namespace spm::diagnosis
