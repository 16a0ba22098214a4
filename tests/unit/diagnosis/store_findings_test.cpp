#include <gtest/gtest.h>

#include "fakes.hpp"

namespace spm::diagnosis {
namespace {

using base::ErrorKind;

struct Refusal {
  ErrorKind kind;
  FindingId id;
};

class StoreErrors : public testing::TestWithParam<Refusal> {};

TEST_P(StoreErrors, EndTheExaminationWithOneFinding) {
  Clinic clinic;
  clinic.options.store_url = "http://store:9090";
  clinic.store.refuse("time()", GetParam().kind, "the metrics store at store:9090 said no");
  const Report report = clinic.examine();
  ASSERT_EQ(report.findings.size(), 1U) << ids(report);
  const Finding& finding = report.findings.front();
  EXPECT_EQ(finding.id, GetParam().id);
  EXPECT_EQ(finding.severity, Severity::problem);
  EXPECT_EQ(finding.what, "The metrics store at store:9090 said no.");
  EXPECT_FALSE(finding.why.empty());
  EXPECT_FALSE(finding.what_to_do.empty());
  EXPECT_FALSE(report.store.reachable);
  EXPECT_EQ(clinic.store.asked.size(), 1U) << "a store that does not answer is asked once";
}

INSTANTIATE_TEST_SUITE_P(Kinds, StoreErrors,
                         testing::Values(Refusal{ErrorKind::store_unreachable, FindingId::store_unreachable},
                                         Refusal{ErrorKind::store_refused_us, FindingId::store_refuses_us},
                                         Refusal{ErrorKind::unauthenticated, FindingId::store_refuses_us},
                                         Refusal{ErrorKind::permission_denied, FindingId::store_refuses_us},
                                         Refusal{ErrorKind::store_misbehaved, FindingId::not_a_prometheus},
                                         Refusal{ErrorKind::deadline_exceeded, FindingId::store_slow},
                                         Refusal{ErrorKind::rate_limited, FindingId::store_failing}),
                         [](const auto& one) { return std::string(base::traits(one.param.kind).label); });

TEST(StoreFindings, ACallersOwnTokenIsNamedAsSuch) {
  Clinic clinic;
  clinic.store.refuse("time()", ErrorKind::permission_denied, "refused the caller's token");
  EXPECT_NE(clinic.examine().findings.front().why.find("Your own token"), std::string::npos);
}

TEST(StoreFindings, ADiscoveryThatFailsIsToldByItsOwnError) {
  Clinic clinic;
  clinic.names.known = base::fail(ErrorKind::deadline_exceeded, "no answer within 20 s");
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "store_slow");
  EXPECT_TRUE(report.store.reachable);
  EXPECT_EQ(report.not_asked,
            std::vector<std::string>{"under which names the store keeps span metrics: no answer within 20 s"});
}

TEST(StoreFindings, WarningsOfTheStoreAreToldOnce) {
  Clinic clinic;
  clinic.store.warnings = {"shard 2 is down"};
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "partial_data");
  EXPECT_EQ(find(report, FindingId::partial_data)->what, "The store warns about its own answers: Shard 2 is down.");
}

TEST(StoreFindings, ClocksThatDiffer) {
  Clinic clinic;
  clinic.store.answer("time()", {sample({}, kNow / 1000.0 - 600)});
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "clock_skew");
  EXPECT_NE(report.findings.front().what.find("10 min"), std::string::npos);
}

TEST(StoreFindings, QuestionsThatTakeTooLongAreNamed) {
  Clinic clinic;
  clinic.store.refuse("resets(", ErrorKind::deadline_exceeded, "no answer in time");
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "store_slow");
  EXPECT_NE(report.findings.front().what.find("how often counters begin anew"), std::string::npos);
}

}  // namespace
}  // namespace spm::diagnosis
