#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <spm/rates/rate_source.hpp>

namespace spm::service {

/// How one answer was made, for people who ask.
class AnswerPlan {
 public:
  using Clock = std::chrono::steady_clock;

  /// `promql`: the query whose answer this is, whether or not it was sent.
  explicit AnswerPlan(std::string promql) : promql_(std::move(promql)), begun_(Clock::now()) {}

  void add(const rates::ReadReport& report);

  /// "source=chunks; pieces=2; ...": one line of ASCII, fit for a header.
  std::string text() const;

 private:
  std::string promql_;
  Clock::time_point begun_;
  bool has_report_ = false;
  rates::ReadReport sum_;  ///< of all reads
};

}  // namespace spm::service
