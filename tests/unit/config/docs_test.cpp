#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include <spm/config/explain.hpp>

namespace spm::config {
namespace {

TEST(Docs, HoldTheTablesThatTheProgramPrints) {
  std::ifstream file(SPM_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string docs = text.str();
  constexpr std::string_view kBegin = "<!-- settings: made by `jaeger-spm-proxy print-docs` -->\n";
  constexpr std::string_view kEnd = "<!-- end of settings -->";
  const std::size_t begin = docs.find(kBegin);
  const std::size_t end = docs.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(docs.substr(begin + kBegin.size(), end - begin - kBegin.size()), "\n" + settings_markdown() + "\n")
      << "paste the output of print-docs between the two comments";
}

}  // namespace
}  // namespace spm::config
