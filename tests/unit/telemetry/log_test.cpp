#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include <spm/telemetry/log.hpp>

namespace spm::telemetry {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "spm-log-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Log, WritesFromItsLevelUp) {
  const auto lines = std::make_shared<std::string>();
  LogOptions options;
  options.level = base::Severity::warning;
  const auto log = Log::to_memory(lines, options);
  EXPECT_FALSE(log->enabled(base::Severity::info));
  EXPECT_TRUE(log->enabled(base::Severity::error));
  log->info("not me");
  log->warning("me", {{"k", 1}});
  log->error("me too");
  EXPECT_EQ(lines->find("not me"), std::string::npos);
  EXPECT_NE(lines->find("level=warning msg=me k=1\n"), std::string::npos);
  EXPECT_NE(lines->find("level=error msg=\"me too\"\n"), std::string::npos);
}

TEST(Log, AccessLinesIgnoreTheLevel) {
  const auto lines = std::make_shared<std::string>();
  LogOptions options;
  options.level = base::Severity::error;
  const auto log = Log::to_memory(lines, options);
  log->access({{"status", 200}});
  EXPECT_NE(lines->find("msg=access status=200\n"), std::string::npos);
}

TEST(Log, AccessCanBeOff) {
  const auto lines = std::make_shared<std::string>();
  LogOptions options;
  options.access_file = "off";
  const auto log = Log::to_memory(lines, options);
  log->access({{"status", 200}});
  EXPECT_TRUE(lines->empty());
}

TEST(Log, AccessGoesToItsFileAndIsAppended) {
  const TemporaryFolder folder;
  LogOptions options;
  options.access_file = (folder / "access.log").string();
  for (const int status : {200, 502}) {
    const auto log = Log::open(options);
    ASSERT_TRUE(log) << log.error().message;
    (*log)->access({{"status", status}});
  }
  const std::string text = content(folder / "access.log");
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  EXPECT_NE(text.find("status=200\n"), std::string::npos);
  EXPECT_NE(text.find("status=502\n"), std::string::npos);
}

TEST(Log, AnAccessFileThatCannotBeOpenedSaysWhichAndWhy) {
  LogOptions options;
  options.access_file = "/nowhere/at/all/access.log";
  const auto log = Log::open(options);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("/nowhere/at/all/access.log"), std::string::npos);
  EXPECT_NE(log.error().message.find("No such file or directory"), std::string::npos);
}

TEST(Log, OpensOnStandardErrorWithoutAnAccessFile) { EXPECT_TRUE(Log::open({})); }

TEST(Log, LinesOfManyThreadsStayWhole) {
  const auto lines = std::make_shared<std::string>();
  const auto log = Log::to_memory(lines);
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&log] {
      for (int i = 0; i < kLines; ++i) log->info("tick", {{"end", "yes"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream stream(*lines);
  int whole = 0;
  for (std::string line; std::getline(stream, line);) {
    EXPECT_TRUE(line.starts_with("ts=") && line.ends_with(" level=info msg=tick end=yes")) << line;
    ++whole;
  }
  EXPECT_EQ(whole, kThreads * kLines);
}

}  // namespace
}  // namespace spm::telemetry
