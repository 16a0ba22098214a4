#include "variant_set.hpp"

namespace spm::rates {

std::string describe(const RateVariant& variant) {
  std::string text = variant.window_start == WindowStart::closed ? "closed windows" : "left-open windows";
  text += variant.extrapolation == Extrapolation::older ? ", older extrapolation" : ", newer extrapolation";
  text += variant.summation == Summation::plain ? ", plain sums" : ", compensated sums";
  return text;
}

}  // namespace spm::rates
