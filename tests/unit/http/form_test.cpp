#include "form.hpp"

#include <gtest/gtest.h>

namespace spm::http {
namespace {

TEST(DecodeForm, KeepsOrderAndRepetitions) {
  const auto form = decode_form("service=a&x=1&service=b&flag&=nameless&&");
  ASSERT_TRUE(form);
  ASSERT_EQ(form->size(), 5U);
  EXPECT_EQ(form->value("service"), "a");
  EXPECT_EQ(form->value("x"), "1");
  ASSERT_NE(form->first("flag"), nullptr);
  EXPECT_EQ(form->value("flag"), "");
  EXPECT_EQ(form->value(""), "nameless");
  EXPECT_EQ(form->first("absent"), nullptr);
  EXPECT_EQ(form->value("absent"), "");
}

TEST(DecodeForm, PlusIsASpaceAndItsOtherReadingIsKept) {
  const auto form = decode_form("service=pay+ment%2B%20x&s+n=1");
  ASSERT_TRUE(form);
  const Parameter* service = form->first("service");
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->value, "pay ment+ x");
  EXPECT_EQ(service->value_with_plus, "pay+ment+ x");
  EXPECT_EQ(form->value("s n"), "1");
}

TEST(DecodeForm, EveryPrintableByteStandsForItself) {
  for (int byte = 0x21; byte <= 0x7E; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '&' || c == '+' || c == '%') continue;
    const std::string value = std::string("a") + c + "b";
    for (const std::string& text : {"v=" + value, "v=%61" + value.substr(1)}) {
      const auto form = decode_form(text);
      ASSERT_TRUE(form) << text;
      EXPECT_EQ(form->value("v"), value);
    }
  }
}

TEST(DecodeForm, AnyByteCanBeEscaped) {
  constexpr char kHex[] = "0123456789ABCDEFabcdef";
  for (int byte = 0; byte <= 0xFF; ++byte) {
    const auto form = decode_form(std::string("v=%") + kHex[byte / 16] + kHex[byte % 16]);
    ASSERT_TRUE(form) << byte;
    EXPECT_EQ(form->value("v"), std::string(1, static_cast<char>(byte)));
  }
  EXPECT_EQ(decode_form("v=%c3%A9")->value("v"), "\xC3\xA9");
}

TEST(DecodeForm, DecodesOnce) { EXPECT_EQ(decode_form("v=%2541%2526")->value("v"), "%41%26"); }

TEST(DecodeForm, ABadEscapeIsAnErrorThatShowsIt) {
  for (const char* text : {"v=%", "v=%4", "v=%zz", "v=a%4g&x=1", "%=1", "v=1&x=%%41"}) {
    const auto form = decode_form(text);
    ASSERT_FALSE(form) << text;
    EXPECT_EQ(form.error().kind, base::ErrorKind::invalid_argument);
    EXPECT_NE(form.error().message.find("bad percent escape '%"), std::string::npos) << form.error().message;
  }
}

TEST(DecodeForm, TheNumberOfParametersIsBounded) {
  EXPECT_TRUE(decode_form("a&b&c", 3));
  EXPECT_FALSE(decode_form("a&b&c&d", 3));
}

}  // namespace
}  // namespace spm::http
