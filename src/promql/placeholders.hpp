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
  std::array<Use, 3> use;  ///< in the order of MetricKind: latency, call_rate, error_rate

  Use use_in(model::MetricKind kind) const noexcept { return use[static_cast<std::size_t>(kind)]; }
};

// Forbidden is what has no value for that kind of question.
inline constexpr std::array<Placeholder, 8> kPlaceholders = {{
    {"calls", &Fragments::calls, true, {Use::allowed, Use::required, Use::required}},
    {"bucket", &Fragments::bucket, true, {Use::required, Use::allowed, Use::allowed}},
    {"matchers", &Fragments::matchers, false, {Use::required, Use::required, Use::required}},
    {"error_matcher", &Fragments::error_matcher, false, {Use::forbidden, Use::forbidden, Use::required}},
    {"window", &Fragments::window, false, {Use::required, Use::required, Use::required}},
    {"by", &Fragments::by, false, {Use::required, Use::required, Use::required}},
    {"quantile", &Fragments::quantile, false, {Use::required, Use::forbidden, Use::forbidden}},
    {"scale", &Fragments::scale, false, {Use::required, Use::forbidden, Use::forbidden}},
}};

}  // namespace spm::promql
