#include "tag_labels.hpp"

#include <gtest/gtest.h>

namespace spm::service {
namespace {

using Labels = std::vector<std::string>;

TEST(SanitizedLabel, ReplacesEachCharacterThatIsNotLegal) {
  EXPECT_EQ(sanitized_label("http.method"), "http_method");
  EXPECT_EQ(sanitized_label("a-b/c d"), "a_b_c_d");
  EXPECT_EQ(sanitized_label("gr\xC3\xB6\xC3\x9F"
                            "e"),
            "gr__e");
  EXPECT_EQ(sanitized_label("1st"), "key_1st");
  EXPECT_EQ(sanitized_label("already_fine9"), "already_fine9");
}

TEST(ResolveLabel, TakesTheKeyAsGivenFirst) {
  EXPECT_EQ(resolve_label("http.method", Labels{"http.method", "http_method"}), "http.method");
  EXPECT_EQ(resolve_label("http.method", Labels{"http_method"}), "http_method");
  EXPECT_EQ(resolve_label("http_method", Labels{"http.method"}), std::nullopt);
  EXPECT_EQ(resolve_label("HTTP.method", Labels{"http_method"}), std::nullopt);
}

TEST(ResolveLabel, KnowsHowExportersBeginNames) {
  EXPECT_EQ(resolve_label("1st", Labels{"key_1st"}), "key_1st");
  EXPECT_EQ(resolve_label("1st", Labels{"_1st"}), "_1st");
  EXPECT_EQ(resolve_label("1st", Labels{"_st"}), "_st");
  EXPECT_EQ(resolve_label("_x", Labels{"key_x"}), "key_x");
}

TEST(UnknownLabel, NamesNearOnesOrSomeThatThereAre) {
  const Labels labels = {"http_method", "http_route", "__name__", "le", "region"};
  EXPECT_EQ(unknown_label("tag", "http_methd", labels).message,
            "no label of these metrics is called 'http_methd'; near ones are: http_method");
  EXPECT_EQ(unknown_label("tag", "method", labels).message,
            "no label of these metrics is called 'method'; near ones are: http_method");
  const base::Error far = unknown_label("key", "zzzzzzzz", labels);
  EXPECT_EQ(far.message, "no label of these metrics is called 'zzzzzzzz'; there are: http_method, http_route, region");
  EXPECT_EQ(far.parameter, "key");
  EXPECT_EQ(unknown_label("tag", "x", Labels{}).message, "no label of these metrics is called 'x', they have none");
}

TEST(UnknownLabel, StaysBoundedAndPrintable) {
  Labels many;
  for (int i = 0; i < 5'000; ++i) many.push_back("label_" + std::to_string(i) + std::string(500, 'x'));
  EXPECT_LT(unknown_label("tag", std::string(256, 'q') + "\n", many).message.size(), 1'200U);
  EXPECT_EQ(unknown_label("tag", "a\nb", Labels{"c\r\nd"}).message.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace spm::service
