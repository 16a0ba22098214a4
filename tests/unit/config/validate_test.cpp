#include "validate.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "support.hpp"

namespace spm::config {
namespace {

using testing::HasSubstr;

Loaded with(const std::vector<FlagValue>& flags, std::map<std::string, std::string> files = {}) {
  return load(flags, {}, FakeFiles(std::move(files)));
}

TEST(Validate, DefaultsAreGood) { EXPECT_EQ(problems(with({})) + warnings(with({})), ""); }

TEST(Validate, FilesMustBeReadable) {
  for (const char* flag : {"prometheus.token-file", "prometheus.tls.ca", "store.basic-auth-file", "templates.dir"}) {
    EXPECT_EQ(problems(with({{flag, "/none"}})), "--" + std::string(flag) + ": there is no file /none\n");
  }
  EXPECT_THAT(problems(with({{"store.basic-auth-file", "/f"}}, {{"/f", "nocolon\nuser:pw"}})),
              HasSubstr("user:password"));
}

TEST(Validate, CertificateAndKeyBelongTogether) {
  EXPECT_THAT(problems(with({{"prometheus.tls.cert", "/f"}}, {{"/f", ""}})),
              HasSubstr("write --prometheus.tls.key too"));
  EXPECT_THAT(problems(with({{"prometheus.tls.key", "/f"}}, {{"/f", ""}})),
              HasSubstr("write --prometheus.tls.cert too"));
}

TEST(Validate, TlsWithoutHttpsIsSaidAloud) {
  EXPECT_THAT(warnings(with({{"prometheus.tls.enabled", "true"}})), HasSubstr("write https:// there"));
  EXPECT_EQ(warnings(with({{"prometheus.tls.enabled", "true"}, {"prometheus.server-url", "https://p"}})), "");
}

TEST(Validate, OnlyOneSettingWritesTheAuthorizationHeader) {
  EXPECT_EQ(
      problems(with({{"prometheus.token-file", "/f"}, {"store.header", "authorization: Basic s3cret"}}, {{"/f", "t"}})),
      "--store.header: writes the Authorization header that --prometheus.token-file writes too: keep one of them\n");
  EXPECT_THAT(problems(with({{"prometheus.server-url", "http://u:s3cret@p"}, {"store.basic-auth-file", "/f"}},
                            {{"/f", "a:b"}})),
              HasSubstr("keep one of them"));
}

TEST(Validate, ListenersNeedPortsOfTheirOwn) {
  EXPECT_EQ(problems(with({{"grpc.host-port", "127.0.0.1:16690"}})),
            "--grpc.host-port: '127.0.0.1:16690' is the port that --http.host-port has too (:16690): write another "
            "port\n");
  EXPECT_EQ(problems(with({{"http.host-port", ":0"}, {"grpc.host-port", ":0"}})), "");
  EXPECT_EQ(problems(with({{"http.host-port", "10.0.0.1:5"}, {"grpc.host-port", "10.0.0.2:5"}})), "");
}

TEST(Validate, TheStoreIsNotThisService) {
  for (const char* url : {"http://localhost:16690", "http://127.0.0.1:16690/prom", "http://[::1]:16691",
                          "http://0.0.0.0:16690", "http://LOCALHOST:16692", "http://127.1.2.3:16691"}) {
    EXPECT_THAT(problems(with({{"prometheus.server-url", url}})), HasSubstr("is this service itself")) << url;
  }
  EXPECT_THAT(problems(with({{"prometheus.server-url", "http://p"}, {"http.host-port", "p:80"}})),
              HasSubstr("is this service itself"));
  for (const char* url : {"http://prometheus:16690", "http://localhost:9090", "http://10.0.0.1:16690"}) {
    EXPECT_EQ(problems(with({{"prometheus.server-url", url}})), "") << url;
  }
  EXPECT_EQ(problems(with({{"prometheus.server-url", "http://localhost:5"}, {"http.host-port", "10.0.0.1:5"}})), "");
}

TEST(Validate, WithoutAStoreItsSettingsDoNotMatter) {
  EXPECT_EQ(problems(with({{"metrics-storage.type", "none"},
                           {"prometheus.token-file", "/none"},
                           {"prometheus.server-url", "http://localhost:16690"}})),
            "");
}

TEST(Validate, AllProblemsAreCollectedOnOneLineEach) {
  const Loaded loaded =
      with({{"threads", "x"}, {"query.timeout", "5"}, {"prometheus.tls.ca", "/none"}, {"http.host-port", "\n"}});
  EXPECT_EQ(loaded.problems.size(), 4U);
  for (const Problem& problem : loaded.problems)
    EXPECT_EQ(problem.line().find('\n'), std::string::npos) << problem.line();
}

TEST(SystemFilesTest, TellWhatIsWrong) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "spm_config_files_test";
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "f").string();
  std::ofstream(file) << "12345";
  const SystemFiles files;
  EXPECT_EQ(files.read(file, 5).value(), "12345");
  EXPECT_THAT(files.read(file, 4).error().message, HasSubstr("longer than 4"));
  EXPECT_THAT(files.read(folder.string(), 5).error().message, HasSubstr("is a directory"));
  EXPECT_THAT(files.check_readable((folder / "none").string()).error().message, HasSubstr("there is no file"));
  EXPECT_TRUE(files.check_directory(folder.string()).has_value());
  EXPECT_FALSE(files.check_directory(file).has_value());
  EXPECT_FALSE(files.read("/dev/zero", 100).has_value());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace spm::config
