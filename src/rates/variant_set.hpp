#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>

#include <spm/rates/rate_variant.hpp>

namespace spm::rates {

/// Some of the ways in which a store can compute rates.
class VariantSet {
 public:
  static constexpr std::size_t kVariants = 8;

  /// All of them, in an order of their own: index in [0, kVariants).
  static constexpr RateVariant variant(std::size_t index) noexcept {
    RateVariant variant;
    if ((index & 4U) != 0) variant.window_start = WindowStart::left_open;
    if ((index & 2U) != 0) variant.extrapolation = Extrapolation::newer;
    if ((index & 1U) != 0) variant.summation = Summation::compensated;
    return variant;
  }

  static VariantSet all() noexcept {
    VariantSet set;
    set.members_.set();
    return set;
  }

  /// Those for which `belongs` is true.
  template <class Predicate>
  static VariantSet those(Predicate belongs) {
    VariantSet set;
    for (std::size_t i = 0; i < kVariants; ++i) set.members_[i] = belongs(variant(i));
    return set;
  }

  void remove(std::size_t index) noexcept { members_.reset(index); }
  bool has(std::size_t index) const noexcept { return members_[index]; }
  std::size_t size() const noexcept { return members_.count(); }
  bool empty() const noexcept { return members_.none(); }

  /// The member of a set that has no other.
  std::optional<RateVariant> only() const noexcept {
    if (members_.count() != 1) return std::nullopt;
    std::size_t index = 0;
    while (!members_[index]) ++index;
    return variant(index);
  }

  friend VariantSet operator&(const VariantSet& a, const VariantSet& b) noexcept {
    VariantSet both;
    both.members_ = a.members_ & b.members_;
    return both;
  }
  friend bool operator==(const VariantSet&, const VariantSet&) = default;

 private:
  std::bitset<kVariants> members_;
};

/// "closed windows, older extrapolation, plain sums"
std::string describe(const RateVariant& variant);

}  // namespace spm::rates
