#include "chunked_frames.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crc32c.hpp"
#include "remote_read_writer.hpp"

namespace spm::rates {
namespace {

constexpr std::size_t kMax = 1000;

/// All payloads of `body`, fed in slices of `length`; what went wrong comes last, after "error: ".
std::vector<std::string> payloads(const std::string& body, std::size_t length, std::size_t max = kMax) {
  std::vector<std::string> found;
  ChunkedFrames frames(max);
  for (std::size_t at = 0; at < body.size(); at += length) {
    const std::string slice = body.substr(at, length);  // of its own, so that a late look at it is seen
    frames.feed(slice);
    for (;;) {
      const auto payload = frames.next();
      if (!payload) {
        found.push_back("error: " + payload.error().message);
        return found;
      }
      if (!payload->has_value()) break;
      found.emplace_back(**payload);
    }
  }
  if (const auto whole = frames.finish(); !whole) found.push_back("error: " + whole.error().message);
  return found;
}

TEST(Crc32c, HasTheKnownValues) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, TheInstructionAndTheTableAgree) {
  std::string text;
  for (int length = 0; length < 100; ++length) {
    EXPECT_EQ(crc32c(text), crc32c_by_table(text)) << length;
    EXPECT_EQ(crc32c(text), test::slow_crc32c(text)) << length;
    text += static_cast<char>(length * 37);
  }
}

TEST(ChunkedFrames, AreTheSameHoweverTheBodyIsCut) {
  const std::vector<std::string> wanted = {"first", "", std::string(300, 'x'), "last"};
  std::string body;
  for (const std::string& payload : wanted) body += test::frame(payload);
  for (std::size_t length = 1; length <= body.size(); ++length) EXPECT_EQ(payloads(body, length), wanted) << length;
}

TEST(ChunkedFrames, AWholeFrameIsNotCopied) {
  const std::string body = test::frame("one") + test::frame("two");
  ChunkedFrames frames(kMax);
  frames.feed(body);
  for (const std::size_t offset : {std::size_t{5}, std::size_t{13}}) {
    const auto payload = frames.next();
    ASSERT_TRUE(payload && payload->has_value());
    EXPECT_EQ((*payload)->data(), body.data() + offset);
  }
}

TEST(ChunkedFrames, ABodyThatEndsInsideAFrameIsNotWhole) {
  const std::string body = test::frame("something");
  for (std::size_t length = 1; length < body.size(); ++length) {
    const auto found = payloads(body.substr(0, length), length);
    ASSERT_EQ(found.size(), 1U) << length;
    EXPECT_EQ(found[0], "error: the remote read ended in the middle of a frame");
  }
  EXPECT_TRUE(payloads("", 1).empty());
}

TEST(ChunkedFrames, EveryFlippedBitIsNoticed) {
  const std::string body = test::frame("something");
  for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
    std::string flipped = body;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    for (const std::size_t length : {std::size_t{1}, body.size()}) {
      const auto found = payloads(flipped, length);
      ASSERT_FALSE(found.empty());
      EXPECT_TRUE(found.back().starts_with("error: ")) << bit;
    }
  }
}

TEST(ChunkedFrames, AFrameOverTheLimitIsRefusedBeforeItArrives) {
  const std::string most(kMax, 'x');
  EXPECT_EQ(payloads(test::frame(most), 7), std::vector<std::string>{most});
  const auto found = payloads(test::frame(most + "x").substr(0, 2), 1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], "error: a frame of the remote read has 1001 bytes; at most 1000 are accepted");
}

TEST(ChunkedFrames, ALengthWithoutEndIsRefused) {
  for (const std::size_t length : {std::size_t{1}, std::size_t{20}}) {
    const auto found = payloads(std::string(20, '\xff'), length);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], "error: a frame of the remote read has a length without end");
  }
}

}  // namespace
}  // namespace spm::rates
