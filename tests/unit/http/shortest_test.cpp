#include "shortest.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spm::http {
namespace {

std::string written(double value) {
  std::array<char, kMaxShortest> text{};
  return {text.data(), put_shortest(text.data(), value)};
}

std::string written_plain(double value) {
  std::array<char, kMaxShortestPlain> text{};
  return {text.data(), put_shortest_plain(text.data(), value)};
}

std::string of_library(double value) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string of_library_plain(double value) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr};
}

/// Compares both forms where they are promised.
void compare(double value) {
  if (!std::isfinite(value)) return;
  ASSERT_EQ(written(value), of_library(value));
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-6 || size >= 9007199254740992.0)) return;
  ASSERT_EQ(written_plain(value), of_library_plain(value));
}

TEST(Shortest, IsTheLibrarysFormAtTheEdges) {
  const std::vector<double> edges = {0.0,
                                     -0.0,
                                     1.0,
                                     0.1,
                                     0.3,
                                     1e-4,
                                     1e-5,
                                     9.999999999999999e-5,
                                     1e-6,
                                     1e15,
                                     999999999999999.9,
                                     1e14,
                                     100000,
                                     120000,
                                     1234567890,
                                     5e-324,
                                     std::numeric_limits<double>::min(),
                                     std::numeric_limits<double>::max(),
                                     9007199254740991.0,
                                     9007199254740992.0,
                                     9007199254740993.0,
                                     2.2250738585072011e-308,
                                     1.0 / 3};
  for (const double value : edges) {
    compare(value);
    compare(-value);
    compare(std::nextafter(value, 1e300));
    compare(std::nextafter(value, -1e300));
  }
  // Below a power of two the neighbours are nearer than above it.
  for (int exponent = -1074; exponent < 1024; ++exponent) compare(std::ldexp(1.0, exponent));
}

TEST(Shortest, IsTheLibrarysFormOfAnyNumber) {
  std::mt19937_64 random(20'261'121);
  for (int i = 0; i < 100'000; ++i) {
    compare(std::bit_cast<double>(random()));                                                      // any at all
    compare(std::ldexp(static_cast<double>(random() >> 11U), -static_cast<int>(random() % 80)));   // many digits
    compare(static_cast<double>(random() % 100'000) / static_cast<double>(1 + random() % 1'000));  // rates
    compare(static_cast<double>(random() % 1'000'000) * std::pow(10.0, static_cast<int>(random() % 24) - 8));  // few
  }
}

}  // namespace
}  // namespace spm::http
