// The configuration file, ours and Jaeger's: no text may crash the start, take long, or put a line break into a
// message.
#include <chrono>

#include <spm/config/explain.hpp>
#include <spm/config/load.hpp>

#include "fuzz_main.hpp"

namespace {

/// One configuration file, and nothing else on the disk.
class OneFile final : public spm::config::Files {
 public:
  explicit OneFile(std::string_view text) : text_(text) {}
  spm::base::Result<std::string> read(const std::string& path, std::size_t) const override {
    if (path == "fuzz.yaml") return text_;
    return spm::base::fail(spm::base::ErrorKind::invalid_argument, "there is no such file");
  }
  spm::base::Result<void> check_readable(const std::string&) const override { return {}; }
  spm::base::Result<void> check_directory(const std::string&) const override { return {}; }

 private:
  std::string text_;
};

}  // namespace

const std::string_view* fuzz_words() {
  static const std::string_view words[] = {"extensions:",
                                           "service:",
                                           "jaeger_storage:",
                                           "jaeger_query:",
                                           "metric_backends:",
                                           "prometheus:",
                                           "endpoint:",
                                           "tls:",
                                           "auth:",
                                           "storage:",
                                           "metrics:",
                                           "${env:A}",
                                           "${env:B:-x}",
                                           "$$",
                                           "multi_tenancy:",
                                           "header_forwarding:",
                                           "enabled: true",
                                           "extra_query_parameters:",
                                           "http:",
                                           "host-port:",
                                           "store:",
                                           "header:",
                                           "query:",
                                           "threads:",
                                           "<<: *a",
                                           "&a ",
                                           "*a",
                                           "[",
                                           "{",
                                           "}",
                                           "]",
                                           ": ",
                                           "- ",
                                           "? ",
                                           "\n  ",
                                           "!!binary ",
                                           "|\n",
                                           "--- ",
                                           "\"",
                                           "'",
                                           ""};
  return words;
}

void fuzz_one(std::string_view input) {
  const auto begin = std::chrono::steady_clock::now();
  const spm::config::Loaded loaded =
      spm::config::load({{"config-file", "fuzz.yaml"}}, {{"A", "http://a"}, {"E", ""}}, OneFile(input));
  const std::string shown = spm::config::explain(loaded);
  fuzz_require(!shown.empty() && shown.size() < 64 * input.size() + 1'000'000, "settings that grow");
  fuzz_require(loaded.problems.size() < 1'000 && loaded.warnings.size() < 1'000, "messages without end");
  for (const auto& problem : loaded.problems) {
    fuzz_require(problem.line().find('\n') == std::string::npos, "a problem of two lines");
    fuzz_require(!problem.message.empty(), "a problem without words");
  }
  for (const auto& warning : loaded.warnings) {
    fuzz_require(warning.find('\n') == std::string::npos, "a warning of two lines");
  }
  fuzz_require(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10), "a file that takes for ever");
}
