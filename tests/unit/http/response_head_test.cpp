#include "response_head.hpp"

#include <gtest/gtest.h>

namespace spm::http {
namespace {

ResponseFraming framing() {
  ResponseFraming result;
  result.now_ms = 1'795'141'800'999;
  result.request_id = "id1";
  return result;
}

TEST(ResponseHead, IsComplete) {
  Response response;
  response.content_type = "application/json";
  response.headers.add("X-One", "1");
  response.set_body("{}");
  EXPECT_EQ(response_head(response, framing()),
            "HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 02:30:00 GMT\r\nServer: jaeger-spm-proxy\r\n"
            "Content-Type: application/json\r\nX-One: 1\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: id1\r\n"
            "Content-Length: 2\r\n\r\n");
}

TEST(ResponseHead, SaysWhetherTheConnectionStays) {
  ResponseFraming closing = framing();
  closing.keep_alive = false;
  EXPECT_NE(response_head(Response(), closing).find("Connection: close\r\n"), std::string::npos);
  ResponseFraming old = framing();
  old.minor_version = 0;
  EXPECT_NE(response_head(Response(), old).find("Connection: keep-alive\r\n"), std::string::npos);
}

TEST(ResponseHead, NoValueCanEndItsLine) {
  Response response;
  response.headers.add("X-SPM-Warning", "a\r\nSet-Cookie: b\x01");
  EXPECT_NE(response_head(response, framing()).find("X-SPM-Warning: a  Set-Cookie: b \r\n"), std::string::npos);
}

TEST(ResponseHead, EveryStatusOfTheErrorTableHasItsWords) {
  for (const base::ErrorTraits& row : base::all_error_traits()) {
    if (row.kind == base::ErrorKind::cancelled) continue;  // never sent
    Response response;
    response.status = row.http_status;
    EXPECT_EQ(response_head(response, framing()).find("Unknown"), std::string::npos) << row.label;
  }
}

TEST(ResponseHead, WithoutABodyThereIsNoLength) {
  Response response;
  response.status = 204;
  EXPECT_EQ(response_head(response, framing()).find("Content-Length"), std::string::npos);
}

}  // namespace
}  // namespace spm::http
