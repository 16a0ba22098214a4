#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <spm/rates/rate_source.hpp>

namespace spm::service {

/// Columns by a function of what is asked, remembered; without one there are none, and PromQL has to answer.
class FakeRates final : public rates::RateSource {
 public:
  std::function<base::Result<rates::RateAnswerPtr>(const rates::RateQuery&)> answer;
  std::vector<rates::RateQuery> asked;

  boost::asio::awaitable<base::Result<rates::RateAnswerPtr>> read(rates::RateQuery query,
                                                                  const base::CallContext& /*context*/) override {
    asked.push_back(query);
    if (answer) co_return answer(query);
    co_return rates::RateAnswerPtr();
  }
};

}  // namespace spm::service
