#include "values.hpp"

#include <gmock/gmock.h>

#include "nearest.hpp"
#include "support.hpp"

namespace spm::config {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(Values, BooleansAreGos) {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_TRUE(parse_bool(text).value()) << text;
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) EXPECT_FALSE(parse_bool(text).value()) << text;
  for (const char* text : {"", "yes", "on", "tRUE", "2", " true"}) EXPECT_FALSE(parse_bool(text).has_value()) << text;
}

TEST(Values, DurationsNeedAUnitAndStayInRange) {
  const milliseconds min{1};
  const milliseconds max{3'600'000};
  EXPECT_EQ(parse_duration("1m30s", min, max).value(), milliseconds{90'000});
  EXPECT_THAT(parse_duration("30", min, max).error().message, HasSubstr("for example 30s"));
  EXPECT_THAT(parse_duration("0", min, max).error().message, HasSubstr("out of range"));
  EXPECT_THAT(parse_duration("-1s", min, max).error().message, HasSubstr("out of range"));
  EXPECT_THAT(parse_duration("2h", min, max).error().message, HasSubstr("from 1ms to 1h"));
  EXPECT_FALSE(parse_duration("1500us", min, max).has_value());
}

TEST(Values, IntegersAndBytes) {
  EXPECT_EQ(parse_integer("8", 1, 10).value(), 8U);
  for (const char* text : {"", "0", "11", "-1", "+1", "1.5", "8x", "99999999999999999999"}) {
    EXPECT_FALSE(parse_integer(text, 1, 10).has_value()) << text;
  }
  EXPECT_EQ(parse_bytes("65536", 1, 1U << 30U).value(), 65536U);
  EXPECT_EQ(parse_bytes("64KiB", 1, 1U << 30U).value(), 65536U);
  EXPECT_EQ(parse_bytes("1GiB", 1, 1U << 30U).value(), 1U << 30U);
  for (const char* text : {"", "0", "KiB", "64KB", "2GiB", "18446744073709551615GiB", "-1"}) {
    EXPECT_FALSE(parse_bytes(text, 1, 1U << 30U).has_value()) << text;
  }
  EXPECT_EQ(format_bytes(65536), "64KiB");
  EXPECT_EQ(format_bytes(1000), "1000");
  EXPECT_EQ(format_bytes(0), "0");
}

TEST(Values, HostPortsReadAndPrintTheSame) {
  for (const char* text : {":16690", "127.0.0.1:80", "localhost:0", "[::1]:65535", "my_host-1.example:9"}) {
    const auto parsed = parse_host_port(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->text(), text);
  }
  EXPECT_EQ(parse_host_port("[::1]:80")->host, "::1");
  for (const char* text : {"", "16690", "host", ":", ":65536", ":-1", ":x", "::1:80", "http://a:80", "[]:80", "[::1:80",
                           "a b:80", "[host]:80", ":80 "}) {
    EXPECT_FALSE(parse_host_port(text).has_value()) << text;
  }
}

TEST(Values, StoreUrlsMustBeAbsolute) {
  for (const char* text : {"http://localhost:9090", "https://p.example/prom/x", "HTTP://a", "http://u:p%40@h:1/",
                           "http://[::1]:9090", "http://h:/", "http://h:65535"}) {
    EXPECT_TRUE(check_store_url(text).has_value()) << text;
  }
  for (const char* text :
       {"", "prometheus:9090", "/api", "localhost", "//host", "ftp://h", "http://", "http://:80", "http://h?x=1",
        "http://h/#f", "http://a b", "http://h:99999", "http://h:0", "http://h:65536"}) {
    EXPECT_FALSE(check_store_url(text).has_value()) << text;
  }
  EXPECT_THAT(check_store_url("prometheus:9090").error().message,
              HasSubstr("write for example http://prometheus:9090"));
}

TEST(Values, UrlsAreShownWithoutSecrets) {
  EXPECT_EQ(redact_url("http://h:1/p"), "http://h:1/p");
  for (const char* url : {"http://user:s3cret@h/p", "http://s3cret@h/p", "user:s3cret@h", "http://u:a/s3cret@h",
                          "http://u:a?s3cret@h", "http://u:a@s3cret@h", "http://h/?token=s3cret", "http://h/#s3cret",
                          "s3cret@x://h/", "http://u:s3c://s3cret@h"}) {
    EXPECT_EQ(redact_url(url).find("s3c"), std::string::npos) << redact_url(url);
    EXPECT_NE(redact_url(url).find('h'), std::string::npos) << redact_url(url);
  }
}

TEST(Values, BasePathsAreNormalised) {
  EXPECT_EQ(parse_base_path("").value(), "/");
  EXPECT_EQ(parse_base_path("/").value(), "/");
  EXPECT_EQ(parse_base_path("//").value(), "/");
  EXPECT_EQ(parse_base_path("/jaeger/").value(), "/jaeger");
  EXPECT_EQ(parse_base_path("/a/b").value(), "/a/b");
  for (const char* text :
       {"jaeger", "/a//b", "/a/../b", "/./a", "/a b", "/a?b", "/a#b", "/%2e", "http://h/a", "/a\n"}) {
    EXPECT_FALSE(parse_base_path(text).has_value()) << text;
  }
}

TEST(Values, HeadersThatBelongToTheConnectionAreRefused) {
  EXPECT_EQ(parse_store_header("X-Scope-OrgID:team").value(), (Header{"X-Scope-OrgID", "team"}));
  EXPECT_EQ(parse_store_header("A: b:c ").value(), (Header{"A", "b:c"}));
  for (const char* text : {"Host:x", "content-length:1", "Connection:close", "Transfer-Encoding:chunked", "TE:x",
                           "Upgrade:h2c", "Keep-Alive:1", "accept-encoding:br", "via:x"}) {
    EXPECT_THAT(parse_store_header(text).error().message, HasSubstr("cannot be set")) << text;
  }
  for (const char* text : {"", "X", ":x", "a b:c", "A:b\r\nC: d", "A:b\x7f"}) {
    EXPECT_FALSE(parse_store_header(text).has_value()) << text;
  }
  EXPECT_EQ(parse_store_header("Bearer s3cret").error().message.find("s3cret"), std::string::npos);
}

TEST(Values, ParametersThatQueriesWriteAreRefused) {
  EXPECT_EQ(parse_extra_parameter("a=b=c").value(), (Parameter{"a", "b=c"}));
  EXPECT_EQ(parse_extra_parameter("a=").value(), (Parameter{"a", ""}));
  for (const char* text : {"", "a", "=b", "query=x", "start=1", "end=1", "step=1", "timeout=1s", "a=\n"}) {
    EXPECT_FALSE(parse_extra_parameter(text).has_value()) << text;
  }
}

TEST(Values, OriginsHaveNoPath) {
  for (const char* text : {"*", "http://a", "https://a.example:8443"}) EXPECT_TRUE(parse_origin(text)) << text;
  for (const char* text : {"", "a.example", "http://a/", "http://a?x", "ftp://a", "http://u@a", "null"}) {
    EXPECT_FALSE(parse_origin(text)) << text;
  }
}

TEST(Values, NearestTakesTheFewestChanges) {
  const std::vector<std::string> names = {"threads", "log.level", "http.host-port"};
  EXPECT_EQ(nearest("thread", names), "threads");
  EXPECT_EQ(nearest("http.hostport", names), "http.host-port");
  EXPECT_EQ(nearest("", {}), "");
  EXPECT_EQ(nearest("bogus", names), "");
  EXPECT_EQ(nearest(std::string(1'000'000, 'x'), names), "");
}

}  // namespace
}  // namespace spm::config
