#include "status.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace spm::grpc {
namespace {

TEST(Status, EveryErrorHasAGrpcCodeThatIsNotOk) {
  for (const base::ErrorTraits& traits : base::all_error_traits()) {
    const auto status = to_status(base::Error(traits.kind, "why"));
    EXPECT_FALSE(status.ok()) << traits.label;
    EXPECT_EQ(status.error_code(), traits.grpc_code) << traits.label;
    EXPECT_EQ(status.error_message(), "why");
    EXPECT_NE(code_name(status.error_code()), "UNKNOWN") << traits.label;
  }
}

TEST(Status, AMessageIsOneLineAndFitsIntoMetadata) {
  const auto status = to_status(base::Error(base::ErrorKind::query_rejected, "a\nb" + std::string(9'000, 'x')));
  EXPECT_EQ(status.error_message().find('\n'), std::string::npos);
  EXPECT_LE(status.error_message().size(), 1'003U);
  EXPECT_TRUE(status.error_message().ends_with("..."));
}

TEST(CodeName, EveryCodeHasItsOwn) {
  std::set<std::string_view> names;
  for (int code = 0; code <= 16; ++code) names.insert(code_name(static_cast<::grpc::StatusCode>(code)));
  EXPECT_EQ(names.size(), 17U);
  EXPECT_EQ(code_name(::grpc::StatusCode::INVALID_ARGUMENT), "INVALID_ARGUMENT");
}

}  // namespace
}  // namespace spm::grpc
