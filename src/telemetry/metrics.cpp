#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <tuple>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <spm/base/build_info.hpp>
#include <spm/telemetry/failure_report.hpp>
#include <spm/telemetry/metrics.hpp>

#include "process_metrics.hpp"

namespace spm::telemetry {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::Registry;

constexpr std::array kDoors = {Door::http, Door::grpc, Door::admin};
constexpr std::array<std::string_view, 3> kNotices = {"store_warning", "step_widened", "services_with_plus"};

/// From a cached answer to the longest query that is allowed by default.
const Histogram::BucketBoundaries& duration_buckets() {
  static const Histogram::BucketBoundaries bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10,   30};
  return bounds;
}

std::string full(std::string_view name) { return "jaeger_spm_proxy_" + std::string(name); }

std::size_t index_of(Door door) { return static_cast<std::size_t>(door); }

double seconds(std::chrono::steady_clock::duration took) { return std::chrono::duration<double>(took).count(); }

Family<Counter>& counters(Registry& registry, std::string_view name, const char* help) {
  return prometheus::BuildCounter().Name(full(name)).Help(help).Register(registry);
}

Family<Gauge>& gauges(Registry& registry, std::string_view name, const char* help) {
  return prometheus::BuildGauge().Name(full(name)).Help(help).Register(registry);
}

Family<Histogram>& histograms(Registry& registry, std::string_view name, const char* help) {
  return prometheus::BuildHistogram().Name(full(name)).Help(help).Register(registry);
}

Counter& counter(Registry& registry, std::string_view name, const char* help) {
  return counters(registry, name, help).Add({});
}

Gauge& gauge(Registry& registry, std::string_view name, const char* help) {
  return gauges(registry, name, help).Add({});
}

/// Metrics of one family, made when first named and kept for good. References stay valid.
template <class Metric, class Key>
class Table {
 public:
  template <class Make>
  Metric& get(const Key& key, const Make& make) {
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = known_.find(key); found != known_.end()) return found->second;
    }
    const std::unique_lock lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    return known_.emplace(key, make()).first->second;
  }

 private:
  std::shared_mutex mutex_;
  std::map<Key, std::reference_wrapper<Metric>> known_;
};

}  // namespace

class Metrics::Impl {
 public:
  Impl() {
    for (const Door each : kDoors) {
      const std::string door(door_name(each));
      in_flight_.push_back(in_flight_family_.Add({{"door", door}}));
      for (const base::ErrorTraits& error : base::all_error_traits()) {
        errors_.push_back(errors_family_.Add({{"door", door}, {"kind", std::string(error.label)}}));
      }
    }
    for (const std::string_view notice : kNotices) count_notice(notice, 0);
    count_outcome("ok", 0);
    for (const base::ErrorTraits& error : base::all_error_traits()) count_outcome(error.label, 0);
    gauges(registry_, "build_info", "Always 1; the labels say what was built.")
        .Add({{"version", std::string(base::version())},
              {"commit", std::string(base::commit())},
              {"compiler", "g++ " __VERSION__}})
        .Set(1);
  }

  void finished(Door door, std::string_view method, std::string_view code, std::chrono::steady_clock::duration took) {
    const std::string name(door_name(door));
    request_counts_
        .get({door, std::string(method), std::string(code)},
             [&]() -> Counter& {
               return requests_family_.Add(
                   {{"door", name}, {"method", std::string(method)}, {"code", std::string(code)}});
             })
        .Increment();
    request_durations_
        .get({door, std::string(method)},
             [&]() -> Histogram& {
               return durations_family_.Add({{"door", name}, {"method", std::string(method)}}, duration_buckets());
             })
        .Observe(seconds(took));
  }

  void failed(Door door, base::ErrorKind kind) {
    errors_[index_of(door) * base::all_error_traits().size() + static_cast<std::size_t>(kind)].get().Increment();
  }

  void in_flight(Door door, double delta) { in_flight_[index_of(door)].get().Increment(delta); }

  void count_notice(std::string_view label, double by) {
    notice_counts_
        .get(std::string(label),
             [&]() -> Counter& {
               return notices_family_.Add({{"notice", std::string(label)}});
             })
        .Increment(by);
  }

  void count_outcome(std::string_view outcome, double by) {
    outcome_counts_
        .get(std::string(outcome),
             [&]() -> Counter& {
               return outcomes_family_.Add({{"outcome", std::string(outcome)}});
             })
        .Increment(by);
  }

  void count_read(std::string_view way, std::string_view outcome) {
    read_counts_
        .get({std::string(way), std::string(outcome)},
             [&]() -> Counter& {
               return reads_family_.Add({{"way", std::string(way)}, {"outcome", std::string(outcome)}});
             })
        .Increment();
  }

  void count_fallback(std::string_view reason) {
    fallback_counts_
        .get(std::string(reason),
             [&]() -> Counter& {
               return fallbacks_family_.Add({{"reason", std::string(reason)}});
             })
        .Increment();
  }

  void count_comparison(std::string_view outcome) {
    comparison_counts_
        .get(std::string(outcome),
             [&]() -> Counter& {
               return comparisons_family_.Add({{"outcome", std::string(outcome)}});
             })
        .Increment();
  }

  void count_cache_answer(std::string_view result) {
    cache_answer_counts_
        .get(std::string(result),
             [&]() -> Counter& {
               return cache_answers_family_.Add({{"result", std::string(result)}});
             })
        .Increment();
  }

  void count_eviction(std::string_view reason) {
    eviction_counts_
        .get(std::string(reason),
             [&]() -> Counter& {
               return evictions_family_.Add({{"reason", std::string(reason)}});
             })
        .Increment();
  }

  void reader_state(std::string_view state) {
    const std::lock_guard lock(reader_mutex_);
    for (auto& [name, gauge] : reader_states_) gauge.get().Set(0);
    const auto [found, inserted] =
        reader_states_.try_emplace(std::string(state), reader_family_.Add({{"state", std::string(state)}}));
    found->second.get().Set(1);
  }

  std::string exposition() const {
    std::vector<prometheus::MetricFamily> families = registry_.Collect();
    std::vector<prometheus::MetricFamily> process = process_metrics();
    families.insert(families.end(), std::make_move_iterator(process.begin()), std::make_move_iterator(process.end()));
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  Registry registry_;
  Family<Counter>& requests_family_ =
      counters(registry_, "requests_total", "Requests answered, by door, method and status code.");
  Family<Histogram>& durations_family_ =
      histograms(registry_, "request_duration_seconds", "Time from a request's arrival to its answer.");
  Family<Gauge>& in_flight_family_ = gauges(registry_, "requests_in_flight", "Requests taken in and not yet answered.");
  Family<Counter>& errors_family_ =
      counters(registry_, "request_errors_total", "Requests answered with an error, by what went wrong.");
  Family<Counter>& notices_family_ =
      counters(registry_, "notices_total", "Notices sent along with answers, by what they say.");
  Family<Counter>& outcomes_family_ =
      counters(registry_, "upstream_requests_total", "Requests to the store by outcome, after their last attempt.");

  Family<Counter>& reads_family_ = counters(registry_, "reads_total", "Rate columns read, by way and outcome.");
  Family<Counter>& fallbacks_family_ =
      counters(registry_, "read_fallbacks_total", "Reads of raw chunks that PromQL had to take over, by why.");
  Family<Counter>& comparisons_family_ =
      counters(registry_, "comparisons_total", "Comparisons of rates computed here with the store's own, by outcome.");
  Family<Gauge>& reader_family_ =
      gauges(registry_, "chunk_reader", "1 for the state that holds: whether raw chunks are read from the store.");

  std::vector<std::reference_wrapper<Gauge>> in_flight_;  ///< by door
  std::vector<std::reference_wrapper<Counter>> errors_;   ///< by door, then kind
  Table<Counter, std::tuple<Door, std::string, std::string>> request_counts_;
  Table<Histogram, std::tuple<Door, std::string>> request_durations_;
  Table<Counter, std::string> notice_counts_;
  Table<Counter, std::string> outcome_counts_;
  Table<Counter, std::tuple<std::string, std::string>> read_counts_;
  Table<Counter, std::string> fallback_counts_;
  Table<Counter, std::string> comparison_counts_;
  Family<Counter>& cache_answers_family_ =
      counters(registry_, "cache_requests_total", "Questions answered, by what the cache had to do with it.");
  Table<Counter, std::string> cache_answer_counts_;
  Family<Counter>& evictions_family_ =
      counters(registry_, "cache_evictions_total", "Things that are not kept any more, by reason.");
  Table<Counter, std::string> eviction_counts_;
  std::mutex reader_mutex_;
  std::map<std::string, std::reference_wrapper<Gauge>> reader_states_;  ///< under reader_mutex_

 public:
  Histogram& upstream_duration = histograms(registry_, "upstream_request_duration_seconds",
                                            "Time of one request to the store, its retries included.")
                                     .Add({}, duration_buckets());
  Counter& upstream_bytes =
      counter(registry_, "upstream_response_bytes_total", "Bytes of the store's answers, as received.");
  Counter& upstream_retries =
      counter(registry_, "upstream_retries_total", "Requests to the store that were sent once more.");
  Gauge& upstream_active = gauge(registry_, "upstream_active", "Requests to the store on the wire.");
  Gauge& upstream_waiting = gauge(registry_, "upstream_waiting", "Requests to the store that wait for their turn.");
  Histogram& upstream_wait =
      histograms(registry_, "upstream_wait_seconds", "Time that a request to the store waited for its turn.")
          .Add({}, duration_buckets());
  Gauge& upstream_connections = gauge(registry_, "upstream_connections", "Open connections to the store.");
  Gauge& breaker = gauge(registry_, "upstream_breaker_open", "1 while requests to the store are refused at once.");
  Gauge& ready = gauge(registry_, "store_ready", "1 while the store answers.");
  Counter& infos =
      counter(registry_, "store_infos_total", "Remarks of the store that describe a query and not its data.");
  Counter& reads_shared =
      counter(registry_, "reads_shared_total", "Reads that were shared with one already under way.");
  Counter& raw_series = counter(registry_, "raw_series_total", "Series read as raw chunks.");
  Counter& raw_samples = counter(registry_, "raw_samples_total", "Samples decoded from raw chunks.");
  Counter& raw_bytes = counter(registry_, "raw_bytes_total", "Bytes of raw chunks, as received.");
  Counter& answers_shared =
      counter(registry_, "answers_shared_total", "Questions answered by one that was already under way.");
  Gauge& cache_things = gauge(registry_, "cache_things", "Columns and answers that are kept.");
  Gauge& cache_bytes = gauge(registry_, "cache_bytes", "Memory of what is kept.");
  Counter& points_read =
      counter(registry_, "cache_points_read_total", "Points of rate columns that were read from the store.");
  Counter& points_answered =
      counter(registry_, "cache_points_answered_total", "Points of rate columns that answers were made of.");
  Gauge& http_connections = gauge(registry_, "http_connections", "Open HTTP connections of clients.");
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Metrics::InFlight::InFlight(Metrics& metrics, Door door) : metrics_(metrics), door_(door) {
  metrics_.impl_->in_flight(door_, 1);
}
Metrics::InFlight::~InFlight() { metrics_.impl_->in_flight(door_, -1); }

void Metrics::request_finished(Door door, std::string_view method, std::string_view code,
                               std::chrono::steady_clock::duration took) {
  impl_->finished(door, method, code, took);
}
void Metrics::request_failed(Door door, base::ErrorKind kind) { impl_->failed(door, kind); }
void Metrics::notice(std::string_view label) { impl_->count_notice(label, 1); }

void Metrics::upstream_finished(std::string_view outcome, std::chrono::steady_clock::duration took,
                                std::size_t body_bytes) {
  impl_->count_outcome(outcome, 1);
  impl_->upstream_duration.Observe(seconds(took));
  impl_->upstream_bytes.Increment(static_cast<double>(body_bytes));
}
void Metrics::upstream_retried() { impl_->upstream_retries.Increment(); }
void Metrics::upstream_active(int delta) { impl_->upstream_active.Increment(delta); }
void Metrics::upstream_waiting(int delta) { impl_->upstream_waiting.Increment(delta); }
void Metrics::upstream_connections(int delta) { impl_->upstream_connections.Increment(delta); }
void Metrics::breaker_open(bool open) { impl_->breaker.Set(open ? 1 : 0); }
void Metrics::store_ready(bool ready) { impl_->ready.Set(ready ? 1 : 0); }
void Metrics::store_info_seen() { impl_->infos.Increment(); }
void Metrics::http_connections(int delta) { impl_->http_connections.Increment(delta); }

void Metrics::read_finished(std::string_view way, std::string_view outcome) { impl_->count_read(way, outcome); }
void Metrics::read_fallback(std::string_view reason) { impl_->count_fallback(reason); }
void Metrics::read_shared() { impl_->reads_shared.Increment(); }
void Metrics::raw_read(std::size_t series, std::size_t samples, std::size_t bytes) {
  impl_->raw_series.Increment(static_cast<double>(series));
  impl_->raw_samples.Increment(static_cast<double>(samples));
  impl_->raw_bytes.Increment(static_cast<double>(bytes));
}
void Metrics::comparison_finished(std::string_view outcome) { impl_->count_comparison(outcome); }
void Metrics::reader_state(std::string_view state) { impl_->reader_state(state); }

void Metrics::cache_answered(std::string_view result) { impl_->count_cache_answer(result); }
void Metrics::cache_evicted(std::string_view reason) { impl_->count_eviction(reason); }
void Metrics::cache_holds(std::size_t things, std::size_t bytes) {
  impl_->cache_things.Set(static_cast<double>(things));
  impl_->cache_bytes.Set(static_cast<double>(bytes));
}
void Metrics::cache_points(std::size_t read, std::size_t answered) {
  impl_->points_read.Increment(static_cast<double>(read));
  impl_->points_answered.Increment(static_cast<double>(answered));
}
void Metrics::answer_shared() { impl_->answers_shared.Increment(); }
void Metrics::upstream_waited(std::chrono::steady_clock::duration waited) {
  impl_->upstream_wait.Observe(seconds(waited));
}

std::string Metrics::exposition() const { return impl_->exposition(); }

}  // namespace spm::telemetry
