#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <spm/model/metric_query.hpp>
#include <spm/promql/templates.hpp>

namespace spm::promql {

enum class Use : std::uint8_t {
  forbidden,
  allowed,
  required
};

/// One {{name}}, what it is filled with, and which templates may or must have it.
struct Placeholder {
  std::string_view name;
  std::string Fragments::*fragment;
  bool metric_name;
  std::array<Use, 3> classic;  ///< in the order of MetricKind: latency, call_rate, error_rate
  std::array<Use, 3> native;   ///< the same for templates over the native histogram

  Use use_in(model::MetricKind kind, Source source) const noexcept {
    return (source == Source::classic ? classic : native)[static_cast<std::size_t>(kind)];
  }
};

inline constexpr std::array<Use, 3> kNever = {Use::forbidden, Use::forbidden, Use::forbidden};
inline constexpr std::array<Use, 3> kAlways = {Use::required, Use::required, Use::required};
inline constexpr std::array<Use, 3> kLatencies = {Use::required, Use::forbidden, Use::forbidden};
inline constexpr std::array<Use, 3> kErrorRates = {Use::forbidden, Use::forbidden, Use::required};

// Forbidden is what has no value for that kind of question and source.
inline constexpr std::array<Placeholder, 10> kPlaceholders = {{
    {"calls", &Fragments::calls, true, {Use::allowed, Use::required, Use::required}, kNever},
    {"bucket", &Fragments::bucket, true, {Use::required, Use::allowed, Use::allowed}, kNever},
    {"histogram", &Fragments::histogram, true, kNever, kAlways},
    {"matchers", &Fragments::matchers, false, kAlways, kAlways},
    {"error_matcher", &Fragments::error_matcher, false, kErrorRates, kErrorRates},
    {"window", &Fragments::window, false, kAlways, kAlways},
    {"by", &Fragments::by, false, kAlways, kAlways},
    {"le", &Fragments::le, false, {Use::allowed, Use::forbidden, Use::forbidden}, kNever},
    {"quantile", &Fragments::quantile, false, kLatencies, kLatencies},
    {"scale", &Fragments::scale, false, kLatencies, kLatencies},
}};

}  // namespace spm::promql
