#include "listen_address.hpp"

#include <gtest/gtest.h>

namespace spm::grpc {
namespace {

std::string grpc_form(std::string_view host_port) {
  const auto address = parse_listen_address(host_port);
  return address ? to_grpc_address(*address) : "refused: " + address.error().message;
}

TEST(ListenAddress, TakesTheUsualForms) {
  EXPECT_EQ(grpc_form(":16691"), "[::]:16691");
  EXPECT_EQ(grpc_form("127.0.0.1:0"), "127.0.0.1:0");
  EXPECT_EQ(grpc_form("[::1]:5"), "[::1]:5");
  EXPECT_EQ(grpc_form("[::]:65535"), "[::]:65535");
  EXPECT_EQ(grpc_form("localhost:80"), "localhost:80");
}

TEST(ListenAddress, SaysWhatIsWrong) {
  for (const char* bad : {"", "16691", "host", ":", ":65536", ":-1", ":1x", ": 1", "::1:5", "[::1:5", "[]:5", "a/b:5",
                          "unix:/tmp/x:1", "http://host:1", "a b:1"}) {
    const auto address = parse_listen_address(bad);
    ASSERT_FALSE(address) << bad;
    EXPECT_EQ(address.error().kind, base::ErrorKind::invalid_argument);
    EXPECT_NE(address.error().message.find("'" + std::string(bad) + "'"), std::string::npos);
    EXPECT_NE(address.error().message.find("write for example"), std::string::npos);
  }
}

}  // namespace
}  // namespace spm::grpc
