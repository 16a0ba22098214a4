#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/prometheus/store_options.hpp>

namespace spm::prometheus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StoreUrlTest, ReadsItsParts) {
  const auto url = parse_store_url("https://us%20er:p%40ss@prom.example:8443/a/prometheus/");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "prom.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path_prefix, "/a/prometheus");
  EXPECT_EQ(url->user, "us er");
  EXPECT_EQ(url->password, "p@ss");
  EXPECT_EQ(url->text(), "https://prom.example:8443/a/prometheus");
  EXPECT_EQ(url->host_header(), "prom.example:8443");
}

TEST(StoreUrlTest, KnowsDefaultPorts) {
  EXPECT_EQ(parse_store_url("http://h")->port, 80);
  EXPECT_EQ(parse_store_url("https://h/")->port, 443);
  EXPECT_EQ(parse_store_url("HTTP://h:80")->host_header(), "h");
  EXPECT_EQ(parse_store_url("http://h:443")->host_header(), "h:443");
  EXPECT_EQ(parse_store_url("https://h/")->path_prefix, "");
}

TEST(StoreUrlTest, TakesAddresses) {
  const auto url = parse_store_url("http://[::1]:9090");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->host_header(), "[::1]:9090");
  EXPECT_EQ(parse_store_url("http://127.0.0.1:9090")->host, "127.0.0.1");
}

TEST(StoreUrlTest, RefusesTheRestWithoutSecrets) {
  for (const char* text : {"", "localhost:9090", "/prometheus", "//host", "ftp://host", "http://", "http:///path",
                           "http://u:secret@", "http://h:99999", "http://h:0", "http://h/?a=b", "http://h/#x",
                           "http://u:secret@h:port", "u:secret@h", "http://u:sec ret@h", "http://u:secret%0a@h"}) {
    const auto url = parse_store_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().parameter, kUrlSetting);
    EXPECT_THAT(url.error().message, Not(HasSubstr("secret")));
    EXPECT_THAT(url.error().message, Not(HasSubstr("sec ret")));
  }
}

TEST(StoreOptionsTest, RefusesWhatCanNeverWork) {
  EXPECT_TRUE(check_store_options(StoreOptions()));
  const auto refused = [](auto change) {
    StoreOptions options;
    change(options);
    const auto checked = check_store_options(options);
    return checked ? std::string("nothing") : checked.error().parameter;
  };
  EXPECT_EQ(refused([](auto& o) { o.headers = {{"Host", "x"}}; }), "--store.header");
  EXPECT_EQ(refused([](auto& o) { o.headers = {{"content-LENGTH", "1"}}; }), "--store.header");
  EXPECT_EQ(refused([](auto& o) { o.headers = {{"a b", "x"}}; }), "--store.header");
  EXPECT_EQ(refused([](auto& o) { o.headers = {{"X-A", "x\r\ny: z"}}; }), "--store.header");
  EXPECT_EQ(refused([](auto& o) { o.headers = {{"X-Scope-OrgID", "team"}}; }), "nothing");
  for (const char* name : {"query", "start", "end", "step", "timeout", "time", "match[]", "limit", ""}) {
    EXPECT_EQ(refused([&](auto& o) { o.extra_parameters = {{name, "x"}}; }), kExtraParametersSetting) << name;
  }
  EXPECT_EQ(refused([](auto& o) { o.extra_parameters = {{"dedup", "true"}}; }), "nothing");
  EXPECT_EQ(refused([](auto& o) { o.tls.cert_file = "c.pem"; }), kTlsKeySetting);
  EXPECT_EQ(refused([](auto& o) { o.tls.key_file = "k.pem"; }), kTlsCertSetting);
  EXPECT_EQ(refused([](auto& o) { o.max_concurrent = 0; }), "--store.max-concurrent");
  EXPECT_EQ(refused([](auto& o) { o.max_concurrent_reads = 0; }), "--store.max-concurrent-reads");
  EXPECT_EQ(refused([](auto& o) { o.max_stream_bytes = 0; }), "--store.max-stream-bytes");
  EXPECT_EQ(refused([](auto& o) { o.headers = {{"Content-Encoding", "gzip"}}; }), "--store.header");
}

}  // namespace
}  // namespace spm::prometheus
