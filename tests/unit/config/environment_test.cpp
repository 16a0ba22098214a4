#include <gmock/gmock.h>

#include "support.hpp"

namespace spm::config {
namespace {

using testing::HasSubstr;

TEST(UnknownNames, GetTheNearestRealOne) {
  const Loaded loaded = load({}, {{"PROMETHEUS_SERVER_ULR", "http://user:s3cret@h"}}, FakeFiles());
  EXPECT_EQ(warnings(loaded),
            "environment variable PROMETHEUS_SERVER_ULR is not known and is ignored: did you mean "
            "PROMETHEUS_SERVER_URL?\n");
  EXPECT_EQ(problems(loaded), "");
}

TEST(UnknownNames, OfKubernetesAndOfOthersAreFine) {
  Environment environment;
  for (const char* name :
       {"PROMETHEUS_SERVICE_HOST", "PROMETHEUS_SERVICE_PORT", "PROMETHEUS_SERVICE_PORT_HTTP_WEB", "PROMETHEUS_PORT",
        "PROMETHEUS_PORT_9090_TCP", "PROMETHEUS_PORT_9090_TCP_ADDR", "PROMETHEUS_PORT_9090_UDP_PROTO",
        "PROMETHEUS_SERVER_SERVICE_HOST", "PROMETHEUS_SERVER_PORT_80_TCP_PORT", "PROMETHEUS", "PATH", "HOME"}) {
    environment.emplace(name, "x");
  }
  environment.emplace("PROMETHEUS_HOST_PORT", "tcp://10.0.0.1:9090");  // of a Service called prometheus-host
  const Loaded loaded = load({}, environment, FakeFiles());
  EXPECT_EQ(warnings(loaded) + problems(loaded), "");
  EXPECT_TRUE(loaded.sources.empty());
}

TEST(UnknownNames, ThatOnlyResembleKubernetesAreReported) {
  for (const char* name : {"PROMETHEUS_SERVICE_HOSTS", "PROMETHEUS_PORT_X_TCP", "PROMETHEUS_PORT_9090_TCPX",
                           "PROMETHEUS_SERVICE_PORTS", "PROMETHEUS_PORT_9090"}) {
    EXPECT_THAT(warnings(load({}, {{name, "x"}}, FakeFiles())), HasSubstr(name));
  }
}

TEST(Aliases, TheFirstNameWinsAndTheOtherIsNamed) {
  const Loaded loaded = load({}, {{"HTTP_HOST_PORT", ":1"}, {"QUERY_HTTP_SERVER_HOST_PORT", ":2"}}, FakeFiles());
  EXPECT_EQ(loaded.settings.http.listen.port, 1);
  EXPECT_THAT(warnings(loaded), HasSubstr("QUERY_HTTP_SERVER_HOST_PORT is ignored"));
}

TEST(HeadersInOneVariable, StandOnLinesOfTheirOwn) {
  const Loaded loaded = load({}, {{"STORE_HEADER", "A: 1, 2\nB: 3\n"}}, FakeFiles());
  EXPECT_EQ(loaded.settings.store.headers, (std::vector<Header>{{"A", "1, 2"}, {"B", "3"}}));
}

}  // namespace
}  // namespace spm::config
