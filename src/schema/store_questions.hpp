#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>

#include <spm/model/metric_names.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/promql/text.hpp>
#include <spm/schema/discovery.hpp>

namespace spm::schema {

/// `{__name__="calls_total",operation!=""}`: a metric's series, or those of one family.
std::string selector_of(const std::string& metric, const std::vector<model::LabelPresence>& having,
                        promql::Dialect dialect);

/// The few kinds of question that discovery puts to a store, all of them cheap: never the labels of buckets, never
/// whole series. However many are asked side by side, few are with the store at the same time: its queue belongs to
/// users' queries. References must outlive every call.
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

  /// When the newest sample up to `at_ms` was taken, as far as the store looks back (five minutes).
  Answer<std::optional<std::int64_t>> sample_at(std::string selector, std::int64_t at_ms);
  /// When the newest sample within the window was taken; nothing: there is none. A window without bounds reaches
  /// into the future of this machine's clock, too, where there is nothing at its now.
  Answer<std::optional<std::int64_t>> newest_sample(std::string selector, TimeWindow window);
  /// When the first sample was taken, as far as the window, or two days before `newest`, shows.
  Answer<std::optional<std::int64_t>> first_sample(std::string selector, TimeWindow window, std::int64_t newest_ms);

 private:
  using Turns = boost::asio::experimental::channel<void(boost::system::error_code)>;

  /// The right to one request, while it lives.
  class Turn {
   public:
    explicit Turn(Turns* taken) noexcept : turns_(taken) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->try_receive([](const boost::system::error_code& /*none*/) {});
    }

   private:
    Turns* turns_;
  };

  boost::asio::awaitable<Turn> turn();
  Answer<prometheus::InstantAnswer> instant(prometheus::InstantQuery query);
  Answer<prometheus::ListAnswer> values(std::string label, prometheus::Listing of);

  enum class Which : std::uint8_t {
    first,
    last
  };

  enum class Side : std::uint8_t {
    newer_than_now,
    older_than_now
  };

  Answer<std::optional<std::int64_t>> newest_before(std::string selector, std::int64_t end_ms, std::int64_t start_ms);
  Answer<std::optional<std::int64_t>> end_of_data(std::string selector, Side side);
  Answer<bool> any_since(std::string selector, std::int64_t from_ms, std::int64_t until_ms);
  Answer<std::size_t> first_with_any(std::string selector, std::vector<std::int64_t> times, std::int64_t until_ms);
  Answer<std::optional<std::int64_t>> time_with_any(std::string selector, std::int64_t from_ms, std::int64_t until_ms,
                                                    std::int64_t step_ms, Which which);

  prometheus::PrometheusClient& store_;
  const base::CallContext& context_;
  const std::int64_t now_ms_;
  const bool allow_unfiltered_names_;
  std::optional<Turns> turns_;  ///< full: no turn is free; used on the caller's strand only
};

}  // namespace spm::schema
