#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <spm/schema/discovery.hpp>

#include "found_family.hpp"
#include "metric_name_parts.hpp"
#include "store_questions.hpp"

namespace spm::schema {

/// One look at a store over one window: which families of span metrics are there, and all that can be known of them.
/// Used by one coroutine; references must outlive it.
class Survey {
 public:
  Survey(StoreQuestions& ask, const DiscoveryOptions& options, TimeWindow window)
      : ask_(ask),
        options_(options),
        window_(window) {}

  boost::asio::awaitable<base::Result<void>> run();

  const std::vector<FoundFamily>& families() const noexcept { return families_; }  ///< best first
  promql::Dialect dialect() const noexcept { return dialect_; }
  TimeWindow window() const noexcept { return window_; }

  /// When the family first had a sample; for two families that take turns.
  boost::asio::awaitable<base::Result<std::optional<std::int64_t>>> first_sample(const FoundFamily& found);

 private:
  using Texts = std::vector<std::string>;
  template <class T>
  using Answer = boost::asio::awaitable<base::Result<T>>;

  /// Series of one metric that belong to one family, and what their labels mean.
  struct Variant {
    std::string metric;
    Texts labels;
    model::MetricNames names;  ///< labels and membership only
    std::optional<std::int64_t> newest_ms;
    int index = 0;
  };
  struct Histogram {
    HistogramName name;
    Texts labels;
  };
  /// A group with the labels of its metrics, before it is known what they mean.
  struct ReadGroup {
    Group group;
    Texts labels;  ///< of the metric that counts calls
    std::optional<std::int64_t> newest_ms;
    std::vector<Texts> of_histograms;
  };
  using Families = std::vector<FoundFamily>;

  Answer<std::vector<Group>> find_groups();
  Answer<std::vector<Group>> find_schema_group();
  base::Result<void> leave_out_failed(std::vector<ReadGroup>& read, std::vector<base::Result<void>>& outcomes);
  Answer<std::vector<Group>> worth_a_look(std::vector<Group> groups);
  Answer<void> read_labels(ReadGroup& read);
  Answer<void> read_newest(std::optional<std::int64_t>& newest, std::string metric);
  Answer<void> read_labels_of(Texts& labels, std::string metric, bool is_bucket);
  Answer<std::optional<std::int64_t>> newest_of(std::string selector, std::optional<std::int64_t> hint);
  Answer<void> settle_dialect(ReadGroup& read);
  Answer<Families> look_at(ReadGroup read);
  Answer<std::vector<Variant>> split_by_operation(Variant whole, Texts operations);
  Answer<bool> some_lack_status(const Variant& whole, std::string status);
  Answer<std::vector<Variant>> split_by_status(Variant whole);
  Answer<FoundFamily> make_family(const Group& group, const Variant& variant, const Histogram* histogram);
  Answer<std::optional<std::int64_t>> newest_of_histogram(const HistogramName& histogram, const Variant& variant);
  Answer<void> look_closely_at_the_best();
  Answer<void> look_closely(FoundFamily& found);
  Answer<void> look_at_status(FoundFamily& found);
  Answer<void> look_at_histogram(FoundFamily& found);

  model::MetricNames choose_labels(const Texts& labels) const;
  void drop_unwritable(Texts& labels) const;
  void add_rejected(Families& families, const Group& group, const Texts& labels, std::string why) const;
  void judge(FoundFamily& found) const;
  std::string selector(const std::string& metric, const model::MetricNames& names) const;

  StoreQuestions& ask_;
  const DiscoveryOptions& options_;
  const TimeWindow window_;
  std::vector<FoundFamily> families_;
  std::map<std::string, std::optional<std::int64_t>> newest_;  ///< by selector
  promql::Dialect dialect_ = promql::Dialect::prometheus;
  bool dialect_settled_ = false;
  bool only_identifiers_ = false;  ///< the store holds names that its own language cannot write
};

}  // namespace spm::schema
