#include <gtest/gtest.h>

#include <spm/base/utf8.hpp>

namespace spm::base {
namespace {

TEST(Utf8, KnowsWellFormedText) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("plain"));
  EXPECT_TRUE(is_valid_utf8("\u00fcn\u00ef-\u670d\u52a1 \U0001F600"));
  EXPECT_TRUE(is_valid_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, RefusesIllFormedText) {
  for (const std::string_view text : {"\x80", "\xC0\x80", "\xC2", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xF8\x88\x80\x80\x80", "a\xFF", "\xE6\x9C"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(Printable, EscapesControlsAndIllFormedBytes) {
  EXPECT_EQ(printable("a\nb"), "a\\x0ab");
  EXPECT_EQ(printable("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b");  // a C1 control
  EXPECT_EQ(printable("ok \u670d \xFF"), "ok \u670d \\xff");
}

TEST(Printable, CutsBetweenCodePoints) {
  EXPECT_EQ(printable("\u670d\u52a1", 5), "\u670d...");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
}

}  // namespace
}  // namespace spm::base
