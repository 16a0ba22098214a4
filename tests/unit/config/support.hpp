#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <spm/config/load.hpp>
#include <spm/config/options.hpp>

namespace spm::config {

/// Files that exist in a test only.
class FakeFiles final : public Files {
 public:
  FakeFiles() = default;
  explicit FakeFiles(std::map<std::string, std::string> content) : content_(std::move(content)) {}

  base::Result<std::string> read(const std::string& path, std::size_t max_bytes) const override {
    const auto found = content_.find(path);
    if (found == content_.end()) return base::fail(base::ErrorKind::invalid_argument, "there is no file " + path);
    if (found->second.size() > max_bytes) return base::fail(base::ErrorKind::invalid_argument, "too long");
    return found->second;
  }
  base::Result<void> check_readable(const std::string& path) const override {
    if (content_.contains(path)) return {};
    return base::fail(base::ErrorKind::invalid_argument, "there is no file " + path);
  }
  base::Result<void> check_directory(const std::string& path) const override { return check_readable(path); }

 private:
  std::map<std::string, std::string> content_;
};

inline Loaded load_file(const std::string& yaml, const Environment& environment = {},
                        const std::vector<FlagValue>& more_flags = {}) {
  std::vector<FlagValue> flags = {{"config-file", "c.yaml"}};
  flags.insert(flags.end(), more_flags.begin(), more_flags.end());
  return load(flags, environment, FakeFiles(std::map<std::string, std::string>{{"c.yaml", yaml}, {"/f", "user:pw\n"}}));
}

/// All problems as one text, a line each; "" when there are none.
inline std::string problems(const Loaded& loaded) {
  std::string text;
  for (const Problem& problem : loaded.problems) text += problem.line() + "\n";
  return text;
}

inline std::string warnings(const Loaded& loaded) {
  std::string text;
  for (const std::string& warning : loaded.warnings) text += warning + "\n";
  return text;
}

inline std::string source_of(const Loaded& loaded, const std::string& option) {
  const auto found = loaded.sources.find(option);
  return found == loaded.sources.end() ? "default" : found->second.text();
}

}  // namespace spm::config
