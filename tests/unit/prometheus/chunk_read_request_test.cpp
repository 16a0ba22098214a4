#include "chunk_read_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

namespace spm::prometheus {
namespace {

using promql::MatchOp;
using namespace std::string_literals;

std::string matcher(char op, const std::string& name, const std::string& value) {
  const auto length = [](std::size_t size) { return std::string(1, static_cast<char>(size)); };
  const std::string message =
      "\x08"s + op + "\x12" + length(name.size()) + name + "\x1a" + length(value.size()) + value;
  return "\x1a" + length(message.size()) + message;
}

TEST(ChunkReadRequestTest, WritesWhatRemoteReadDefines) {
  ChunkRead read;
  read.from_ms = 300;
  read.to_ms = 1'700'000'000'000;
  read.matchers = {{"__name__", MatchOp::equal, "x"},
                   {"a", MatchOp::not_equal, ""},
                   {"b", MatchOp::regex, "é|\n"},
                   {"c", MatchOp::not_regex, ".+"}};
  const std::string query = "\x08\xac\x02\x10\x80\xd0\x95\xff\xbc\x31"s + matcher('\0', "__name__", "x") +
                            matcher('\1', "a", "") + matcher('\2', "b", "é|\n") + matcher('\3', "c", ".+");
  EXPECT_EQ(encode_read_request(read), "\x0a"s + static_cast<char>(query.size()) + query + "\x10\x01");
}

TEST(ChunkReadRequestTest, WritesTimesBefore1970) {
  ChunkRead read;
  read.from_ms = -1;
  read.to_ms = 0;
  read.matchers = {{"a", MatchOp::equal, "b"}};
  const std::string query = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x00"s + matcher('\0', "a", "b");
  EXPECT_EQ(encode_read_request(read), "\x0a"s + static_cast<char>(query.size()) + query + "\x10\x01");
}

TEST(ChunkReadRequestTest, WritesLengthsOfManyBytes) {
  ChunkRead read;
  read.matchers = {{"a", MatchOp::equal, std::string(300, 'x')}};
  const std::string inner = "\x08\x00\x12\x01\x61\x1a\xac\x02"s + std::string(300, 'x');
  const std::string query = "\x08\x00\x10\x00\x1a\xb4\x02"s + inner;
  EXPECT_EQ(inner.size(), 308U);
  EXPECT_EQ(encode_read_request(read), "\x0a\xbb\x02"s + query + "\x10\x01");
}

TEST(ChunkReadRequestTest, IsCompressed) {
  ChunkRead read;
  read.matchers = {{"a", MatchOp::equal, std::string(300, 'x')}};
  const auto request = chunk_read_request(read);
  ASSERT_TRUE(request);
  ASSERT_TRUE(request->payload);
  std::string message;
  ASSERT_TRUE(snappy::Uncompress(request->payload->bytes.data(), request->payload->bytes.size(), &message));
  EXPECT_EQ(message, encode_read_request(read));
  EXPECT_LT(request->payload->bytes.size(), 100U);
}

TEST(ChunkReadRequestTest, NeverReadsEverything) {
  EXPECT_FALSE(chunk_read_request(ChunkRead())) << "no matcher selects every series";
}

}  // namespace
}  // namespace spm::prometheus
