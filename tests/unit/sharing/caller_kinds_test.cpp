#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <spm/sharing/caller_kinds.hpp>

namespace spm::sharing {
namespace {

base::CallContext caller(std::string token, std::vector<std::pair<std::string, std::string>> parameters = {},
                         std::string tenant = {}) {
  base::CallContext context(base::Deadline::after(std::chrono::seconds(1)));
  context.bearer_token = std::move(token);
  context.store_parameters = std::move(parameters);
  context.tenant = std::move(tenant);
  return context;
}

TEST(CallerKinds, TellCallersApartAndKeepNoToken) {
  const CallerKinds kinds;
  EXPECT_EQ(kinds.kind_of(caller("s3cret")), kinds.kind_of(caller("s3cret")));
  EXPECT_NE(kinds.kind_of(caller("s3cret")), kinds.kind_of(caller("s3cres")));
  EXPECT_NE(kinds.kind_of(caller("s3cret")), kinds.kind_of(caller("")));
  EXPECT_EQ(kinds.kind_of(caller("s3cret")).find("s3cret"), std::string::npos);
  EXPECT_NE(kinds.kind_of(caller("", {{"a", "bc"}})), kinds.kind_of(caller("", {{"ab", "c"}})));
  EXPECT_NE(kinds.kind_of(caller("a", {{"b", "c"}})), kinds.kind_of(caller("a", {{"b", "c"}, {"", ""}})));
  EXPECT_NE(kinds.kind_of(caller("", {}, "a")), kinds.kind_of(caller("", {}, "b")));
  EXPECT_NE(kinds.kind_of(caller("a")), CallerKinds().kind_of(caller("a"))) << "each process has its own";
}

}  // namespace
}  // namespace spm::sharing
