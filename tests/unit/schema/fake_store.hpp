#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <spm/prometheus/client.hpp>
#include <spm/promql/parser.hpp>

namespace spm::schema {

/// A counter, or a native histogram, with samples at from, from + every, ... until.
struct FakeSeries {
  model::LabelSet labels;  ///< with __name__
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
  std::int64_t every_ms = 15'000;
  bool native = false;
};

struct FakeRequest {
  std::string what;  ///< "values __name__", "labels", "query", "range"
  std::vector<std::string> texts;
  std::optional<std::int64_t> start_ms;
  std::optional<std::int64_t> end_ms;  ///< of a query its time
  std::string token;
  std::vector<std::pair<std::string, std::string>> parameters;
};

/// A store in memory that answers what discovery asks: the model of a Prometheus with its look-back of five minutes.
class FakeStore final : public prometheus::PrometheusClient {
 public:
  enum class Kind : std::uint8_t {
    prometheus2,  ///< names are identifiers
    prometheus3,  ///< quoted names
    victoria      ///< backslashes; no native histograms
  };

  Kind kind = Kind::prometheus2;
  bool knows_histogram_count = true;
  bool refuses_selectors_for_names = false;
  std::optional<std::size_t> cuts_names_at;  ///< alphabetically, with a warning
  std::int64_t block_ms = 0;                 ///< listings see what lies in the same block of time
  std::function<std::optional<base::Error>(const FakeRequest&)> fails;

  void add(FakeSeries series) {
    const std::lock_guard lock(mutex_);
    series_.push_back(std::move(series));
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    series_.clear();
  }
  std::vector<FakeRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t count(const std::string& what) const {
    const auto all = requests();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const FakeRequest& request) { return request.what == what; }));
  }
  void forget_requests() {
    const std::lock_guard lock(mutex_);
    requests_.clear();
  }
  /// Requests wait from now on; for tests with one thread.
  void hold() { held_ = true; }
  void release() {
    held_ = false;
    for (const auto& timer : waiting_) timer->cancel();
    waiting_.clear();
  }

  template <class T>
  using Answer = boost::asio::awaitable<base::Result<T>>;

  Answer<prometheus::RangeAnswer> query_range(prometheus::RangeQuery query, const base::CallContext& context) override {
    FakeRequest request = begin("range", {query.text}, context);
    request.start_ms = query.grid.start_ms;
    request.end_ms = query.grid.last_ms();
    auto refused = co_await admit(request);
    if (refused) co_return base::fail(std::move(*refused));
    prometheus::RangeAnswer answer;
    answer.matrix.grid = query.grid;
    model::Series series;
    series.column = model::Column(query.grid.points);
    auto parsed = parse(query.text);
    if (!parsed) co_return base::fail(std::move(parsed.error()));
    for (std::size_t i = 0; i < query.grid.points; ++i) {
      const auto samples = evaluate(**parsed, query.grid.at(i));
      if (!samples) co_return base::fail(samples.error());
      if (!samples->empty()) series.column.set(i, samples->front().value);
    }
    if (!series.column.none()) answer.matrix.series.push_back(std::move(series));
    co_return std::move(answer);
  }

  Answer<prometheus::InstantAnswer> query(prometheus::InstantQuery query, const base::CallContext& context) override {
    FakeRequest request = begin("query", {query.text}, context);
    request.end_ms = query.at_ms;
    auto refused = co_await admit(request);
    if (refused) co_return base::fail(std::move(*refused));
    auto samples = evaluate(query.text, query.at_ms.value_or(0));
    if (!samples) co_return base::fail(std::move(samples.error()));
    prometheus::InstantAnswer answer;
    answer.samples = std::move(*samples);
    co_return std::move(answer);
  }

  Answer<prometheus::ListAnswer> label_values(std::string label, prometheus::Listing of,
                                              const base::CallContext& context) override {
    FakeRequest request = begin("values " + label, of.selectors, context);
    request.start_ms = of.start_ms;
    request.end_ms = of.end_ms;
    auto refused = co_await admit(request);
    if (refused) co_return base::fail(std::move(*refused));
    if (label == "__name__" && refuses_selectors_for_names && !of.selectors.empty()) {
      co_return base::fail(base::ErrorKind::query_rejected, "match[] is not supported");
    }
    prometheus::ListAnswer answer;
    auto found = listed(of);
    if (!found) co_return base::fail(std::move(found.error()));
    for (const FakeSeries& series : *found) {
      if (const std::string* value = model::find_label(series.labels, label)) answer.values.push_back(*value);
    }
    make_set(answer.values);
    if (label == "__name__" && cuts_names_at && answer.values.size() > *cuts_names_at) {
      answer.values.resize(*cuts_names_at);
      answer.warnings.emplace_back("results truncated due to limit");
    }
    co_return std::move(answer);
  }

  Answer<prometheus::ListAnswer> label_names(prometheus::Listing of, const base::CallContext& context) override {
    FakeRequest request = begin("labels", of.selectors, context);
    request.start_ms = of.start_ms;
    request.end_ms = of.end_ms;
    auto refused = co_await admit(request);
    if (refused) co_return base::fail(std::move(*refused));
    prometheus::ListAnswer answer;
    auto found = listed(of);
    if (!found) co_return base::fail(std::move(found.error()));
    for (const FakeSeries& series : *found) {
      for (const model::Label& label : series.labels) answer.values.push_back(label.name);
    }
    make_set(answer.values);
    co_return std::move(answer);
  }

  boost::asio::awaitable<base::Result<void>> read_chunks(prometheus::ChunkRead /*query*/,
                                                         std::shared_ptr<prometheus::ByteSink> /*sink*/,
                                                         const base::CallContext& /*context*/) override {
    co_return base::fail(base::ErrorKind::query_rejected, "this store streams no chunks");
  }
  Answer<prometheus::StoreIdentity> identify(const base::CallContext& /*context*/) override {
    co_return prometheus::StoreIdentity();
  }
  Answer<prometheus::RawAnswer> forward(std::string /*path*/, std::string /*form*/,
                                        const base::CallContext& /*context*/) override {
    co_return base::fail(base::ErrorKind::internal, "not expected here");
  }
  boost::asio::awaitable<base::Result<void>> probe(base::Deadline /*deadline*/) override {
    co_return base::Result<void>();
  }

 private:
  using Samples = base::Result<std::vector<prometheus::Sample>>;

  static FakeRequest begin(std::string what, std::vector<std::string> texts, const base::CallContext& context) {
    FakeRequest request;
    request.what = std::move(what);
    request.texts = std::move(texts);
    request.token = context.bearer_token;
    request.parameters = context.store_parameters;
    return request;
  }

  boost::asio::awaitable<std::optional<base::Error>> admit(const FakeRequest& request) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (held_) {
      const auto executor = co_await boost::asio::this_coro::executor;
      auto timer = std::make_shared<boost::asio::steady_timer>(executor, std::chrono::hours(1));
      waiting_.push_back(timer);
      co_await timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    } else {
      // As a real one, it never answers at once.
      co_await boost::asio::post(boost::asio::use_awaitable);
    }
    std::optional<base::Error> error;
    if (fails) error = fails(request);
    co_return error;
  }

  static void make_set(std::vector<std::string>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }

  promql::Dialect dialect() const {
    return kind == Kind::victoria ? promql::Dialect::victoria_metrics : promql::Dialect::prometheus;
  }
  static base::Error refused(std::string why) { return {base::ErrorKind::query_rejected, std::move(why)}; }

  base::Result<promql::ExprPtr> parse(const std::string& text) const {
    auto parsed = promql::parse(text, dialect());
    if (!parsed) return base::fail(refused("parse error: " + parsed.error().reason));
    for (const promql::Expr* expr : promql::selectors(**parsed)) {
      for (const promql::Matcher& matcher : expr->as<promql::Selector>()->matchers) {
        if (kind == Kind::prometheus2 && !promql::is_identifier(matcher.label)) {
          return base::fail(refused("parse error: unexpected string"));
        }
        // VictoriaMetrics takes no quoted label names.
        if (kind == Kind::victoria && text.find('"' + matcher.label + '"') != std::string::npos) {
          return base::fail(refused("unexpected token"));
        }
      }
    }
    return std::move(*parsed);
  }

  static const std::regex& compiled(const std::string& pattern) {
    thread_local std::map<std::string, std::regex> known;
    return known.try_emplace(pattern, pattern, std::regex::ECMAScript | std::regex::optimize).first->second;
  }

  static bool matches(const promql::Selector& selector, const FakeSeries& series) {
    const auto value_of = [&](const std::string& name) {
      const std::string* value = model::find_label(series.labels, name);
      return value != nullptr ? *value : std::string();
    };
    if (!selector.name.empty() && value_of("__name__") != selector.name) return false;
    return std::all_of(selector.matchers.begin(), selector.matchers.end(), [&](const promql::Matcher& matcher) {
      const std::string value = value_of(matcher.label);
      switch (matcher.op) {
        case promql::MatchOp::equal:
          return value == matcher.value;
        case promql::MatchOp::not_equal:
          return value != matcher.value;
        case promql::MatchOp::regex:
          return std::regex_match(value, compiled(matcher.value));
        case promql::MatchOp::not_regex:
          return !std::regex_match(value, compiled(matcher.value));
      }
      return false;
    });
  }

  base::Result<std::vector<FakeSeries>> listed(const prometheus::Listing& of) const {
    std::vector<promql::ExprPtr> wanted;
    for (const std::string& text : of.selectors) {
      auto parsed = parse(text);
      if (!parsed) return base::fail(std::move(parsed.error()));
      wanted.push_back(std::move(*parsed));
    }
    const std::lock_guard lock(mutex_);
    std::vector<FakeSeries> found;
    for (const FakeSeries& series : series_) {
      const std::int64_t block = std::max<std::int64_t>(1, block_ms);
      if (of.start_ms && (series.until_ms / block + 1) * block <= *of.start_ms) continue;
      if (of.end_ms && series.from_ms / block * block > *of.end_ms) continue;
      const bool any = wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const promql::ExprPtr& expr) {
                         return matches(*expr->as<promql::Selector>(), series);
                       });
      if (any) found.push_back(series);
    }
    return found;
  }

  Samples evaluate(const std::string& text, std::int64_t at_ms) const {
    auto parsed = parse(text);
    if (!parsed) return base::fail(std::move(parsed.error()));
    return evaluate(**parsed, at_ms);
  }

  Samples evaluate(const promql::Expr& expr, std::int64_t at_ms) const {
    if (const auto* selector = expr.as<promql::Selector>()) return select(*selector, at_ms, false);
    if (const auto* call = expr.as<promql::Call>()) {
      const auto* selector = call->arguments.at(0)->as<promql::Selector>();
      if (selector == nullptr) return base::fail(refused("the fake knows functions of selectors only"));
      if (call->function == "histogram_count") {
        if (!knows_histogram_count) return base::fail(refused("unknown function with name \"histogram_count\""));
        return select(*selector, at_ms, true);
      }
      Samples samples = select(*selector, at_ms, false);
      for (prometheus::Sample& sample : *samples) sample.value = static_cast<double>(sample.at_ms) / 1000;
      return samples;
    }
    if (const auto* aggregation = expr.as<promql::Aggregation>()) {
      Samples samples = evaluate(*aggregation->of, at_ms);
      if (!samples || samples->empty()) return samples;
      const auto by_value = [](const prometheus::Sample& a, const prometheus::Sample& b) { return a.value < b.value; };
      prometheus::Sample result = *std::max_element(samples->begin(), samples->end(), by_value);
      if (aggregation->op == "min") result = *std::min_element(samples->begin(), samples->end(), by_value);
      if (aggregation->op == "count") result.value = static_cast<double>(samples->size());
      if (aggregation->op != "topk") result.labels.clear();
      samples->assign(1, result);
      return samples;
    }
    return base::fail(refused("the fake does not know this expression"));
  }

  /// Sample::at_ms is the sample's own time here.
  Samples select(const promql::Selector& selector, std::int64_t at_ms, bool only_native) const {
    const std::lock_guard lock(mutex_);
    std::vector<prometheus::Sample> samples;
    for (const FakeSeries& series : series_) {
      if (only_native && !series.native) continue;
      const std::int64_t last = std::min(at_ms, series.until_ms);
      if (last < series.from_ms || !matches(selector, series)) continue;
      const std::int64_t own = series.from_ms + (last - series.from_ms) / series.every_ms * series.every_ms;
      if (own <= at_ms - 300'000) continue;
      prometheus::Sample sample;
      sample.labels = series.labels;
      sample.value = 1;
      sample.at_ms = own;
      samples.push_back(std::move(sample));
    }
    return samples;
  }

  mutable std::mutex mutex_;
  std::vector<FakeSeries> series_;     // guarded by mutex_
  std::vector<FakeRequest> requests_;  // guarded by mutex_
  bool held_ = false;
  std::vector<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

/// One family of span metrics, as a producer would write it: calls and a histogram of one service, with an operation
/// that fails and one that does not.
struct FakeProducer {
  std::string calls = "traces_span_metrics_calls_total";
  std::string histogram = "traces_span_metrics_duration_milliseconds";
  std::string service = "service_name";
  std::string operation = "span_name";
  std::string kind = "span_kind";      ///< empty: no such label
  std::string status = "status_code";  ///< empty: no such label
  std::string error = "STATUS_CODE_ERROR";
  std::string unset = "STATUS_CODE_UNSET";  ///< empty: unset series have no status
  bool with_errors = true;
  std::vector<std::string> le = {"2", "10", "500", "15000", "+Inf"};
  std::string bound_label = "le";
  bool classic = true;
  bool native = false;
  model::LabelSet more;
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;

  void write_to(FakeStore& store) const {
    for (const bool failed : {false, true}) {
      if (failed && !with_errors) continue;
      model::LabelSet labels = more;
      labels.push_back({service, "frontend"});
      if (!operation.empty()) labels.push_back({operation, failed ? "GET /fails" : "GET /"});
      if (!kind.empty()) labels.push_back({kind, "SPAN_KIND_SERVER"});
      const std::string& value = failed ? error : unset;
      if (!status.empty() && !value.empty()) labels.push_back({status, value});
      if (!calls.empty()) add(store, calls, labels, false);
      if (histogram.empty()) continue;
      if (native) add(store, histogram, labels, true);
      if (!classic) continue;
      add(store, histogram + "_count", labels, false);
      for (const std::string& bound : le) {
        model::LabelSet bucket = labels;
        bucket.push_back({bound_label, bound});
        add(store, histogram + "_bucket", bucket, false);
      }
    }
  }

 private:
  void add(FakeStore& store, const std::string& name, model::LabelSet labels, bool is_native) const {
    labels.push_back({"__name__", name});
    FakeSeries series;
    series.labels = std::move(labels);
    series.from_ms = from_ms;
    series.until_ms = until_ms;
    series.native = is_native;
    store.add(std::move(series));
  }
};

/// Runs a coroutine to its end on a context of its own.
template <class T>
T run_now(boost::asio::awaitable<T> work) {
  boost::asio::io_context io;
  auto outcome = boost::asio::co_spawn(io, std::move(work), boost::asio::use_future);
  io.run();
  return outcome.get();
}

}  // namespace spm::schema
