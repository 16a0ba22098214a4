#include "head_parser.hpp"

#include <gtest/gtest.h>

namespace spm::http {
namespace {

using base::ErrorKind;

std::string with(std::string_view fields, std::string_view request_line = "GET / HTTP/1.1") {
  return std::string(request_line) + "\r\n" + std::string(fields) + "\r\n";
}

/// The kind of the refusal; nullopt: accepted.
std::optional<ErrorKind> refusal(std::string_view head) {
  const auto parsed = parse_head(head);
  if (parsed) return std::nullopt;
  EXPECT_FALSE(parsed.error().message.empty());
  return parsed.error().kind;
}

TEST(ParseHead, TellsEverythingOfAPlainRequest) {
  const auto head = parse_head(
      "GET /api/metrics/calls?service=a&x={\"k\":\"v\"}?y HTTP/1.1\r\nHost: here:80\r\nX-One:  1 \r\nx-two:\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "GET");
  EXPECT_EQ(head->path, "/api/metrics/calls");
  EXPECT_EQ(head->query, "service=a&x={\"k\":\"v\"}?y");
  EXPECT_EQ(head->minor_version, 1);
  EXPECT_TRUE(head->keep_alive);
  EXPECT_EQ(head->framing, BodyFraming::none);
  ASSERT_NE(head->headers.find("x-ONE"), nullptr);
  EXPECT_EQ(*head->headers.find("x-ONE"), "1");
  EXPECT_EQ(*head->headers.find("X-Two"), "");
}

TEST(ParseHead, KeepAliveFollowsVersionAndConnection) {
  EXPECT_TRUE(parse_head(with("Host: a\r\n"))->keep_alive);
  EXPECT_FALSE(parse_head(with("Host: a\r\nConnection: foo, Close\r\n"))->keep_alive);
  EXPECT_FALSE(parse_head(with("", "GET / HTTP/1.0"))->keep_alive);
  EXPECT_TRUE(parse_head(with("Connection: Keep-Alive\r\n", "GET / HTTP/1.0"))->keep_alive);
}

TEST(ParseHead, BodiesAreFramedByOneLengthOrByChunks) {
  const auto sized = parse_head(with("Host: a\r\nContent-Length: 12\r\n", "POST / HTTP/1.1"));
  ASSERT_TRUE(sized);
  EXPECT_EQ(sized->framing, BodyFraming::content_length);
  EXPECT_EQ(sized->content_length, 12U);
  const auto chunked = parse_head(with("Host: a\r\nTransfer-Encoding: Chunked\r\n", "POST / HTTP/1.1"));
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->framing, BodyFraming::chunked);
}

TEST(ParseHead, ExpectIsUnderstoodOrRefused) {
  EXPECT_TRUE(parse_head(with("Host: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n"))->expects_continue);
  EXPECT_EQ(refusal(with("Host: a\r\nExpect: the worst\r\n")), ErrorKind::malformed_request);
}

TEST(ParseHead, HealthChecksOfOldProxiesPass) {
  EXPECT_EQ(refusal("OPTIONS / HTTP/1.0\r\n\r\n"), std::nullopt);
  EXPECT_EQ(refusal(with("Host: a\r\n", "OPTIONS * HTTP/1.1")), std::nullopt);
}

TEST(ParseHead, LatinOneInAHeaderValueIsNobodysBusiness) {
  EXPECT_EQ(refusal(with("Host: a\r\nUser-Agent: caf\xE9\r\n")), std::nullopt);
}

// Each of these is read in two ways by two HTTP implementations somewhere.
TEST(FramingGate, RefusesWhatCanBeReadInTwoWays) {
  const std::string heads[] = {
      with("Host: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n"),
      with("Host: a\r\nTransfer-Encoding: chunked, gzip\r\n"),
      with("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n"),
      with("Host: a\r\nTransfer-Encoding: xchunked\r\n"),
      with("Host: a\r\nTransfer-Encoding: identity\r\n"),
      with("Host: a\r\nTransfer-Encoding:\r\n"),
      with("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      with("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      with("Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      with("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0"),
      with("Host: a\r\nTransfer-Encoding : chunked\r\n"),
      with("Host: a\r\nContent-Length: 5, 5\r\n"),
      with("Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n"),
      with("Host: a\r\nContent-Length: +5\r\n"),
      with("Host: a\r\nContent-Length: -5\r\n"),
      with("Host: a\r\nContent-Length: 0x5\r\n"),
      with("Host: a\r\nContent-Length: 5 5\r\n"),
      with("Host: a\r\nContent-Length:\r\n"),
      with("Host: a\r\nContent-Length: 18446744073709551616\r\n"),
      with("Host: a\r\nX: b\r\n c\r\n"),
      with("Host: a\r\n X: b\r\n"),
      with(""),
      with("Host: a\r\nHost: a\r\n"),
      with("Host: a\r\nHost: b\r\n", "GET / HTTP/1.0"),
      with("Host: a, b\r\n"),
      with("Host: a b\r\n"),
      with("Host: a/b\r\n"),
      with("Host a\r\n"),
      with("Host: a\r\n: b\r\n"),
      with("Host: a\r\nX\x01: b\r\n"),
      with("Host: a\r\nX: b\x01\r\n"),
      with("Host: a\r\nX: b\rc\r\n"),
      std::string("GET / HTTP/1.1\nHost: a\n\n"),
      std::string("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
      std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33),
      std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\nmore"),
      std::string("GET / HTTP/1.1\r\nHost: a\r\n"),
      std::string("\r\n\r\n"),
      std::string(),
  };
  for (const std::string& head : heads) EXPECT_EQ(refusal(head), ErrorKind::malformed_request) << head;
}

TEST(FramingGate, RefusesOddRequestLines) {
  for (const char* line : {"GET http://a/ HTTP/1.1",
                           "GET a HTTP/1.1",
                           "GET * HTTP/1.1",
                           "CONNECT a:80 HTTP/1.1",
                           "GET /\x80 HTTP/1.1",
                           "GET /a#b HTTP/1.1",
                           "GET /\x7F HTTP/1.1",
                           "GET /a b HTTP/1.1",
                           "GET  / HTTP/1.1",
                           "GET / HTTP/1.1 ",
                           "GET /\tb HTTP/1.1",
                           "GET /",
                           "/ HTTP/1.1",
                           " / HTTP/1.1",
                           "GET / HTTP/2.0",
                           "GET / HTTP/1.2",
                           "GET / http/1.1",
                           "GET / HTTP/01.1",
                           "G@T / HTTP/1.1",
                           "PRI * HTTP/2.0"}) {
    EXPECT_EQ(refusal(with("Host: a\r\n", line)), ErrorKind::malformed_request) << line;
  }
}

TEST(FramingGate, EveryPrintableByteButHashMayStandInTheTarget) {
  for (int byte = 0x21; byte <= 0x7E; ++byte) {
    const std::string line = std::string("GET /?a=") + static_cast<char>(byte) + " HTTP/1.1";
    EXPECT_EQ(refusal(with("Host: a\r\n", line)).has_value(), byte == '#') << line;
  }
}

TEST(FramingGate, TooLargeIsToldFromMalformed) {
  const std::string long_value(17'000, 'v');
  EXPECT_EQ(refusal(with("Host: a\r\nX: " + long_value + "\r\n")), ErrorKind::header_too_large);
  std::string many = "Host: a\r\n";
  for (int i = 0; i < 99; ++i) many += "X: 1\r\n";
  EXPECT_EQ(refusal(with(many)), std::nullopt);
  EXPECT_EQ(refusal(with(many + "X: 1\r\n")), ErrorKind::header_too_large);
}

TEST(HeadEndFinder, FindsTheEndWhateverThePieces) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = head + "GET /next";
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    HeadEndFinder finder;
    const auto early = finder.find(std::string_view(bytes).substr(0, cut));
    ASSERT_EQ(early.has_value(), cut >= head.size()) << cut;
    EXPECT_EQ(early ? early : finder.find(bytes), head.size()) << cut;
  }
}

TEST(HeadEndFinder, ABareLineFeedEndsAHeadToo) {
  HeadEndFinder finder;
  EXPECT_EQ(finder.find("GET / HTTP/1.1\n\nrest"), 16U);
}

}  // namespace
}  // namespace spm::http
