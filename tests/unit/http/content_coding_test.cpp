#include "content_coding.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

namespace spm::http {
namespace {

bool accepts(std::initializer_list<const char*> values) {
  Headers headers;
  for (const char* value : values) headers.add("Accept-Encoding", value);
  return accepts_gzip(headers);
}

std::string unzip(std::string_view packed, std::size_t size) {
  std::string text(size, '\0');
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  std::size_t actual = 0;
  const auto result =
      libdeflate_gzip_decompress(decompressor, packed.data(), packed.size(), text.data(), text.size(), &actual);
  libdeflate_free_decompressor(decompressor);
  EXPECT_EQ(result, LIBDEFLATE_SUCCESS);
  text.resize(actual);
  return text;
}

TEST(AcceptsGzip, ReadsNamesAndWeights) {
  EXPECT_FALSE(accepts({}));
  EXPECT_FALSE(accepts({""}));
  EXPECT_FALSE(accepts({"identity, br"}));
  EXPECT_TRUE(accepts({"gzip, deflate, br"}));
  EXPECT_TRUE(accepts({"br", "GZIP"}));
  EXPECT_TRUE(accepts({"gzip;q=0.001"}));
  EXPECT_FALSE(accepts({"gzip;q=0"}));
  EXPECT_FALSE(accepts({"gzip; q=0.000, br"}));
  EXPECT_TRUE(accepts({"*"}));
  EXPECT_FALSE(accepts({"*;q=0"}));
  EXPECT_FALSE(accepts({"gzip;q=0, *"}));
  EXPECT_TRUE(accepts({"gzip, *;q=0"}));
}

TEST(CompressIfWanted, RoundTripsAndSaysSo) {
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "{\"value\":" + std::to_string(i) + "},";
  Headers headers;
  headers.add("accept-encoding", "gzip");
  Response response;
  response.set_body(text);
  compress_if_wanted(headers, response);
  EXPECT_LT(response.body_text().size(), text.size() / 3);
  EXPECT_EQ(unzip(response.body_text(), text.size()), text);
  ASSERT_NE(response.headers.find("Content-Encoding"), nullptr);
  EXPECT_EQ(*response.headers.find("Content-Encoding"), "gzip");
  EXPECT_TRUE(response.headers.has_token("Vary", "accept-encoding"));
}

TEST(CompressIfWanted, LeavesSmallOnesAndThoseWhoDoNotAskAlone) {
  Headers headers;
  Response large;
  large.set_body(std::string(2'000, 'a'));
  compress_if_wanted(headers, large);
  EXPECT_EQ(large.body_text().size(), 2'000U);
  EXPECT_TRUE(large.headers.has_token("Vary", "Accept-Encoding"));

  headers.add("Accept-Encoding", "gzip");
  Response small;
  small.set_body(std::string(1'024, 'a'));
  compress_if_wanted(headers, small);
  EXPECT_EQ(small.body_text().size(), 1'024U);
  EXPECT_EQ(small.headers.find("Content-Encoding"), nullptr);
}

}  // namespace
}  // namespace spm::http
