#include "shortest.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

// Raffaello Giulietti, "The Schubfach way to render doubles": of the decimals that round to the value, one of at most
// two neighbours on a grid of a power of ten is the shortest, and one multiplication of 64 by 128 bits finds each of
// the bounds exactly. What remains is writing the digits, two at a time.

namespace spm::http {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kMinK = -292;
constexpr int kMaxK = 324;
constexpr std::size_t kPowers = kMaxK - kMinK + 1;

struct Power {
  std::uint64_t high;
  std::uint64_t low;
};

/// floor(k * log2(10))
constexpr int floor_log2_pow10(int k) noexcept { return (k * 1741647) >> 19; }

/// An integer of 1,280 bits, enough for 10^324 and for 2^1216 / 10^292.
class Big {
 public:
  static constexpr std::size_t kLimbs = 40;

  constexpr void set_bit(int bit) noexcept {
    limbs_[static_cast<std::size_t>(bit) / 32] |= 1U << (static_cast<unsigned>(bit) % 32);
  }
  constexpr void times_ten() noexcept {
    std::uint64_t carry = 0;
    for (std::uint32_t& limb : limbs_) {
      carry += static_cast<std::uint64_t>(limb) * 10;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32U;
    }
  }
  constexpr void by_ten() noexcept {
    std::uint64_t rest = 0;
    for (std::size_t i = kLimbs; i-- > 0;) {
      rest = (rest << 32U) | limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(rest / 10);
      rest %= 10;
    }
  }
  /// 64 bits from bit `from` on; bits below 0 are 0.
  constexpr std::uint64_t bits(int from) const noexcept {
    std::uint64_t value = 0;
    for (int i = 0; i < 64; ++i) {
      const int bit = from + i;
      if (bit < 0) continue;
      const std::uint64_t one = (limbs_[static_cast<std::size_t>(bit) / 32] >> (static_cast<unsigned>(bit) % 32)) & 1U;
      value |= one << static_cast<unsigned>(i);
    }
    return value;
  }

 private:
  std::array<std::uint32_t, kLimbs> limbs_{};
};

/// g(k) = floor(10^k / 2^(floor_log2_pow10(k) - 127)) + 1 for each k: 128 bits, the highest of them set.
constexpr std::array<Power, kPowers> make_powers() noexcept {
  std::array<Power, kPowers> powers{};
  const auto put = [&](int k, const Big& big, int shift) {
    const int lowest = floor_log2_pow10(k) - 127 + shift;
    Power& power = powers[static_cast<std::size_t>(k - kMinK)];
    power.low = big.bits(lowest);
    power.high = big.bits(lowest + 64);
    if (++power.low == 0) ++power.high;
  };
  Big up;
  up.set_bit(0);
  for (int k = 0; k <= kMaxK; ++k) {
    put(k, up, 0);
    up.times_ten();
  }
  constexpr int kShift = 1216;
  Big down;
  down.set_bit(kShift);
  for (int k = -1; k >= kMinK; --k) {
    down.by_ten();
    put(k, down, kShift);
  }
  return powers;
}

constexpr std::array<Power, kPowers> kPowersOfTen = make_powers();

/// The upper part of g * cp, odd where anything was cut off.
std::uint64_t round_to_odd(const Power& g, std::uint64_t cp) noexcept {
  const Wide low = static_cast<Wide>(g.low) * cp;
  const Wide high = static_cast<Wide>(g.high) * cp + static_cast<std::uint64_t>(low >> 64U);
  const auto y1 = static_cast<std::uint64_t>(high >> 64U);
  const auto y0 = static_cast<std::uint64_t>(high);
  return y1 | (y0 > 1 ? 1U : 0U);
}

struct Decimal {
  std::uint64_t digits;
  int exponent;
};

/// `digits` * 10^`exponent`; digits may end with zeros.
Decimal to_decimal(std::uint64_t mantissa, int biased) noexcept {
  std::uint64_t c = 0;
  int q = 0;
  if (biased != 0) {
    c = mantissa | (std::uint64_t{1} << 52U);
    q = biased - 1075;
    if (q <= 0 && q > -53 && (c & ((std::uint64_t{1} << static_cast<unsigned>(-q)) - 1)) == 0) {
      return {c >> static_cast<unsigned>(-q), 0};
    }
  } else {
    c = mantissa;
    q = -1074;
  }
  const bool even = (c & 1U) == 0;
  const bool lower_is_closer = mantissa == 0 && biased > 1;
  const std::uint64_t cbl = 4 * c - 2 + (lower_is_closer ? 1 : 0);
  const std::uint64_t cb = 4 * c;
  const std::uint64_t cbr = 4 * c + 2;
  const int k = (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;
  const int h = q + floor_log2_pow10(-k) + 1;
  const Power& g = kPowersOfTen[static_cast<std::size_t>(-k - kMinK)];
  const std::uint64_t vbl = round_to_odd(g, cbl << static_cast<unsigned>(h));
  const std::uint64_t vb = round_to_odd(g, cb << static_cast<unsigned>(h));
  const std::uint64_t vbr = round_to_odd(g, cbr << static_cast<unsigned>(h));
  const std::uint64_t lower = vbl + (even ? 0 : 1);
  const std::uint64_t upper = vbr - (even ? 0 : 1);

  const std::uint64_t s = vb / 4;
  if (s >= 10) {
    const std::uint64_t sp = s / 10;
    const bool below = lower <= 40 * sp;
    const bool above = 40 * sp + 40 <= upper;
    if (below != above) return {sp + (above ? 1 : 0), k + 1};
  }
  const bool below = lower <= 4 * s;
  const bool above = 4 * s + 4 <= upper;
  if (below != above) return {s + (above ? 1 : 0), k};
  const std::uint64_t mid = 4 * s + 2;
  const bool round_up = vb > mid || (vb == mid && (s & 1U) != 0);
  return {s + (round_up ? 1 : 0), k};
}

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

void put_pair(char* at, std::uint32_t value) noexcept { std::memcpy(at, kPairs.data() + std::size_t{2} * value, 2); }

/// Eight digits, with leading zeros.
void put_eight(char* at, std::uint32_t value) noexcept {
  const std::uint32_t high = value / 10'000;
  const std::uint32_t low = value % 10'000;
  put_pair(at, high / 100);
  put_pair(at + 2, high % 100);
  put_pair(at + 4, low / 100);
  put_pair(at + 6, low % 100);
}

/// The shortest digits that read back as the value, without zeros on either side, and where the point stands in them.
class Digits {
 public:
  /// `value` is normal and below 2^53.
  explicit Digits(double value) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const Decimal decimal = to_decimal(bits & ((std::uint64_t{1} << 52U) - 1), static_cast<int>(bits >> 52U) & 0x7FF);
    constexpr std::uint64_t kEight = 100'000'000;
    const std::uint64_t top = decimal.digits / kEight;
    text_[0] = static_cast<char>('0' + top / kEight);
    put_eight(text_.data() + 1, static_cast<std::uint32_t>(top % kEight));
    put_eight(text_.data() + 9, static_cast<std::uint32_t>(decimal.digits % kEight));
    while (text_[first_] == '0') ++first_;
    while (text_[end_ - 1] == '0') --end_;
    whole_ = static_cast<int>(kWidth) + decimal.exponent - static_cast<int>(first_);
  }

  std::size_t count() const noexcept { return end_ - first_; }
  /// Bytes without an exponent.
  std::size_t plain_size() const noexcept {
    if (whole_ <= 0) return 2 + static_cast<std::size_t>(-whole_) + count();
    const auto before = static_cast<std::size_t>(whole_);
    return count() <= before ? before : count() + 1;
  }
  char* put_plain(char* at) const noexcept {
    const char* const digits = text_.data() + first_;
    if (whole_ <= 0) {
      *at++ = '0';
      *at++ = '.';
      for (int i = whole_; i < 0; ++i) *at++ = '0';
      std::memcpy(at, digits, count());
      return at + count();
    }
    const auto before = static_cast<std::size_t>(whole_);
    if (count() <= before) {
      std::memcpy(at, digits, count());
      std::memset(at + count(), '0', before - count());
      return at + before;
    }
    std::memcpy(at, digits, before);
    at[before] = '.';
    std::memcpy(at + before + 1, digits + before, count() - before);
    return at + count() + 1;
  }

 private:
  static constexpr std::size_t kWidth = 17;
  std::array<char, kWidth> text_;  // NOLINT(cppcoreguidelines-pro-type-member-init): the constructor writes all of it
  std::size_t first_ = 0;
  std::size_t end_ = kWidth;
  int whole_ = 0;  ///< digits before the point
};

}  // namespace

char* put_shortest(char* at, double value) noexcept {
  // What lies between is nearly always written without an exponent. The rest is rare, and its rules are left to the
  // library.
  const double size = std::fabs(value);
  if (!(size >= 1e-4 && size < 1e15)) {
    if (std::bit_cast<std::uint64_t>(value) != 0) return std::to_chars(at, at + kMaxShortest, value).ptr;
    *at = '0';
    return at + 1;
  }
  const Digits digits(size);
  const std::size_t with_exponent = digits.count() + (digits.count() > 1 ? 1U : 0U) + 4;  // 1.5e+10
  if (digits.plain_size() > with_exponent) return std::to_chars(at, at + kMaxShortest, value).ptr;
  if (value < 0) *at++ = '-';
  return digits.put_plain(at);
}

char* put_shortest_plain(char* at, double value) noexcept {
  if (std::signbit(value)) *at++ = '-';
  if (value == 0) {
    *at = '0';
    return at + 1;
  }
  return Digits(std::fabs(value)).put_plain(at);
}

}  // namespace spm::http
