#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/prometheus/client.hpp>

#include "observations.hpp"

namespace spm::diagnosis {

/// Asks the store, one question after the other. A question that fails is noted in the observations, with what it was
/// `about`, and the examination goes on.
class Questions {
 public:
  /// `each` bounds one question. All references outlive the object.
  Questions(prometheus::PrometheusClient& store, const base::CallContext& context, std::chrono::milliseconds each,
            Observations& seen)
      : store_(store),
        context_(context),
        each_(each),
        seen_(seen) {}

  using Samples = std::optional<std::vector<prometheus::Sample>>;
  boost::asio::awaitable<Samples> ask(std::string about, std::string promql, std::optional<std::int64_t> at_ms);
  /// The column of the one series that `promql` gives, or nothing.
  boost::asio::awaitable<std::optional<model::Column>> column(std::string about, std::string promql,
                                                              model::TimeGrid grid);
  boost::asio::awaitable<std::optional<std::vector<std::string>>> metric_names(std::string about,
                                                                               prometheus::Listing of);

  /// The context of one question that begins now.
  base::CallContext limited() const;
  void failed(const std::string& about, const base::Error& error);
  void warned(const std::vector<std::string>& warnings);

 private:
  prometheus::PrometheusClient& store_;
  const base::CallContext& context_;
  const std::chrono::milliseconds each_;
  Observations& seen_;
  bool out_of_time_ = false;
};

}  // namespace spm::diagnosis
