#include "body_reader.hpp"

#include <gtest/gtest.h>

namespace spm::http {
namespace {

using base::ErrorKind;

constexpr std::string_view kSized = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
constexpr std::string_view kChunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Feeds `bytes` in pieces of `piece`; the body, or the error's kind.
base::Result<std::string> read(std::string_view head, std::string_view bytes, std::size_t piece,
                               std::size_t limit = 100) {
  BodyReader reader(head, limit);
  std::string waiting;
  while (!reader.done()) {
    if (bytes.empty()) return base::fail(ErrorKind::cancelled, "incomplete");
    waiting += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    auto used = reader.put(waiting);
    if (!used) return base::fail(std::move(used.error()));
    waiting.erase(0, *used);
  }
  return reader.take() + "|" + waiting;
}

TEST(BodyReader, TakesExactlyTheContentLength) {
  for (const std::size_t piece : {1U, 2U, 5U, 100U}) {
    const auto body = read(kSized, "helloGET", piece);
    ASSERT_TRUE(body);
    EXPECT_TRUE(body->starts_with("hello|")) << *body;
  }
  EXPECT_EQ(read(kSized, "hell", 1).error().kind, ErrorKind::cancelled);
}

TEST(BodyReader, JoinsChunks) {
  for (const std::size_t piece : {1U, 3U, 100U}) {
    const auto body = read(kChunked, "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\nGET", piece);
    ASSERT_TRUE(body) << body.error().message;
    EXPECT_TRUE(body->starts_with("hello|")) << *body;
  }
}

TEST(BodyReader, RefusesChunkFramingThatCanBeReadInTwoWays) {
  for (const std::string_view bytes : {"3;a=\"\n\"\r\nhel\r\n0\r\n\r\n", "3\nhel\r\n0\r\n\r\n", "x\r\nhel\r\n0\r\n\r\n",
                                       "3\r\nhelxx0\r\n\r\n", "fffffffffffffffff\r\nhel", "-3\r\nhel\r\n0\r\n\r\n"}) {
    const auto body = read(kChunked, bytes, 100);
    ASSERT_FALSE(body) << bytes;
    EXPECT_NE(body.error().kind, ErrorKind::cancelled) << bytes;
  }
}

TEST(BodyReader, StopsAtTheLimit) {
  EXPECT_TRUE(read(kChunked, "5\r\nhello\r\n0\r\n\r\n", 100, 5));
  const auto body = read(kChunked, "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", 1, 5);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().kind, ErrorKind::body_too_large);
}

}  // namespace
}  // namespace spm::http
