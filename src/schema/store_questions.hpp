#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/model/metric_names.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/promql/text.hpp>
#include <spm/schema/discovery.hpp>

namespace spm::schema {

/// `{__name__="calls_total",operation!=""}`: a metric's series, or those of one family.
std::string selector_of(const std::string& metric, const std::vector<model::LabelPresence>& having,
                        promql::Dialect dialect);

/// The few kinds of question that discovery puts to a store, all of them cheap: never the labels of buckets, never
/// whole series. References must outlive every call.
class StoreQuestions {
 public:
  StoreQuestions(prometheus::PrometheusClient& store, const base::CallContext& context, std::int64_t now_ms,
                 bool allow_unfiltered_names)
      : store_(store),
        context_(context),
        now_ms_(now_ms),
        allow_unfiltered_names_(allow_unfiltered_names) {}

  template <class T>
  using Answer = boost::asio::awaitable<base::Result<T>>;
  using Texts = std::vector<std::string>;

  /// Names of metrics that any of the selectors matches; may hold others too. A list that the store cut short is asked
  /// for once more by `narrower`; cut again it is an error.
  Answer<Texts> metric_names(Texts selectors, Texts narrower, TimeWindow window);
  /// Sorted.
  Answer<Texts> label_names(std::string selector, TimeWindow window);
  /// Sorted.
  Answer<Texts> label_values(std::string label, std::string selector, TimeWindow window);
  /// The labels of one series at one time, sorted; empty: there is none.
  Answer<Texts> labels_of_one(std::string selector, std::int64_t at_ms);
  /// The value of a query without labels; nothing where it is empty.
  Answer<std::optional<double>> number(std::string query, std::int64_t at_ms);
  /// Whether the store can read such a query.
  Answer<bool> understands(std::string query, std::int64_t at_ms);

  /// When the newest sample within the window was taken; nothing: there is none.
  Answer<std::optional<std::int64_t>> newest_sample(std::string selector, TimeWindow window);
  /// When the first sample was taken, as far as the window, or two days before `newest`, shows.
  Answer<std::optional<std::int64_t>> first_sample(std::string selector, TimeWindow window, std::int64_t newest_ms);

 private:
  Answer<std::int64_t> end_of_data(std::string selector);
  Answer<bool> any_series(std::string selector, std::int64_t from_ms, std::int64_t until_ms);
  Answer<std::optional<double>> extreme(std::string query, std::int64_t from_ms, std::int64_t until_ms,
                                        std::int64_t step_ms, bool largest);

  prometheus::PrometheusClient& store_;
  const base::CallContext& context_;
  const std::int64_t now_ms_;
  const bool allow_unfiltered_names_;
};

}  // namespace spm::schema
