#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include <spm/base/error.hpp>

namespace spm::base {
namespace {

TEST(ErrorTable, HasARowForEveryKindInOrder) {
  std::size_t index = 0;
  for (const ErrorTraits& row : all_error_traits()) {
    EXPECT_EQ(static_cast<std::size_t>(row.kind), index++);
    EXPECT_EQ(&traits(row.kind), &row);
  }
  EXPECT_EQ(index, static_cast<std::size_t>(ErrorKind::internal) + 1);
}

TEST(ErrorTable, LabelsAreDistinctIdentifiers) {
  std::set<std::string_view> labels;
  for (const ErrorTraits& row : all_error_traits()) {
    EXPECT_TRUE(labels.insert(row.label).second) << row.label;
    EXPECT_EQ(row.label.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << row.label;
  }
}

TEST(ErrorTable, CodesAreRealOnes) {
  for (const ErrorTraits& row : all_error_traits()) {
    EXPECT_GE(row.http_status, 400) << row.label;
    EXPECT_LE(row.http_status, 599) << row.label;
    EXPECT_GE(row.grpc_code, 1) << row.label;
    EXPECT_LE(row.grpc_code, 16) << row.label;
  }
}

// What the contract promises, row by row, so that a change of the table is a change of this list.
TEST(ErrorTable, MeansWhatIsPromised) {
  const auto http = [](ErrorKind kind) { return traits(kind).http_status; };
  const auto grpc = [](ErrorKind kind) { return traits(kind).grpc_code; };
  EXPECT_EQ(http(ErrorKind::invalid_argument), 400);
  EXPECT_EQ(grpc(ErrorKind::invalid_argument), 3);
  EXPECT_EQ(http(ErrorKind::store_unreachable), 502);
  EXPECT_EQ(grpc(ErrorKind::store_unreachable), 14);
  EXPECT_EQ(http(ErrorKind::deadline_exceeded), 504);
  EXPECT_EQ(grpc(ErrorKind::deadline_exceeded), 4);
  EXPECT_EQ(http(ErrorKind::answer_too_large), 422);
  EXPECT_EQ(grpc(ErrorKind::answer_too_large), 8);
  EXPECT_EQ(http(ErrorKind::rate_limited), 429);
  EXPECT_EQ(grpc(ErrorKind::rate_limited), 8);
  EXPECT_EQ(http(ErrorKind::unauthenticated), 401);
  EXPECT_EQ(grpc(ErrorKind::unauthenticated), 16);
  EXPECT_EQ(http(ErrorKind::permission_denied), 403);
  EXPECT_EQ(grpc(ErrorKind::permission_denied), 7);
  EXPECT_EQ(http(ErrorKind::header_too_large), 431);
  EXPECT_EQ(http(ErrorKind::overloaded), 503);
  EXPECT_EQ(http(ErrorKind::cancelled), 499);
  EXPECT_EQ(grpc(ErrorKind::cancelled), 1);
  EXPECT_EQ(http(ErrorKind::loop_detected), 508);
  EXPECT_EQ(http(ErrorKind::disabled), 501);
  EXPECT_EQ(grpc(ErrorKind::disabled), 12);
}

}  // namespace
}  // namespace spm::base
