#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <spm/base/clock.hpp>
#include <spm/diagnosis/diagnosis.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/schema/names_source.hpp>

namespace spm::diagnosis {

inline constexpr std::int64_t kNow = 1'795'141'800'000;
inline constexpr std::int64_t kMinute = 60'000;

/// Answers a question by the last rule whose words are in its text; remembers what was asked, and for whom.
class FakeStore final : public prometheus::PrometheusClient {
 public:
  struct Asked {
    std::string text;
    std::optional<std::int64_t> at_ms;
    std::string token;
    std::vector<std::pair<std::string, std::string>> parameters;
  };

  void answer(std::string words, std::vector<prometheus::Sample> samples) {
    prometheus::InstantAnswer made;
    made.samples = std::move(samples);
    rules_.emplace_back(std::move(words), std::move(made));
  }
  void refuse(std::string words, base::ErrorKind kind, std::string message) {
    rules_.emplace_back(std::move(words), base::fail(kind, std::move(message)));
  }

  std::vector<Asked> asked;
  base::Result<prometheus::StoreIdentity> identity = prometheus::StoreIdentity();
  std::vector<std::string> metric_names = {"up", "go_goroutines"};
  std::vector<std::string> relatives;
  std::vector<std::string> warnings;
  std::optional<std::int64_t> sample_every_ms = 15'000;
  std::optional<std::int64_t> change_every_ms = 15'000;

  const Asked* find(std::string_view words) const {
    const auto found =
        std::ranges::find_if(asked, [&](const Asked& one) { return one.text.find(words) != std::string::npos; });
    return found == asked.end() ? nullptr : &*found;
  }

  boost::asio::awaitable<base::Result<prometheus::InstantAnswer>> query(prometheus::InstantQuery query,
                                                                        const base::CallContext& context) override {
    note(query.text, query.at_ms, context);
    base::Result<prometheus::InstantAnswer> found = prometheus::InstantAnswer();
    for (const auto& [words, result] : rules_) {
      if (query.text.find(words) != std::string::npos) found = result;
    }
    if (found) found->warnings = warnings;
    co_return found;
  }

  boost::asio::awaitable<base::Result<prometheus::RangeAnswer>> query_range(prometheus::RangeQuery query,
                                                                            const base::CallContext& context) override {
    note(query.text, std::nullopt, context);
    prometheus::RangeAnswer made;
    made.matrix.grid = query.grid;
    if (sample_every_ms) {
      model::Series series;
      series.column = model::Column(query.grid.points);
      const bool times = query.text.starts_with("timestamp(");
      for (std::size_t i = 0; i < query.grid.points; ++i) {
        const std::int64_t newest = query.grid.at(i) / *sample_every_ms * *sample_every_ms;
        const std::int64_t count = newest / change_every_ms.value_or(*sample_every_ms);
        series.column.set(i, times ? static_cast<double>(newest) / 1000 : static_cast<double>(count));
      }
      made.matrix.series.push_back(std::move(series));
    }
    co_return made;
  }

  boost::asio::awaitable<base::Result<prometheus::ListAnswer>> label_values(std::string label, prometheus::Listing of,
                                                                            const base::CallContext& context) override {
    note("values of " + label, std::nullopt, context);
    prometheus::ListAnswer made;
    made.values = of.selectors.empty() ? metric_names : relatives;
    co_return made;
  }
  boost::asio::awaitable<base::Result<prometheus::ListAnswer>> label_names(prometheus::Listing,
                                                                           const base::CallContext& context) override {
    note("label names", std::nullopt, context);
    co_return prometheus::ListAnswer();
  }
  boost::asio::awaitable<base::Result<void>> read_chunks(prometheus::ChunkRead /*query*/,
                                                         std::shared_ptr<prometheus::ByteSink> /*sink*/,
                                                         const base::CallContext& /*context*/) override {
    co_return base::fail(base::ErrorKind::query_rejected, "this store streams no chunks");
  }
  boost::asio::awaitable<base::Result<prometheus::StoreIdentity>> identify(const base::CallContext& context) override {
    note("identity", std::nullopt, context);
    co_return identity;
  }
  boost::asio::awaitable<base::Result<prometheus::RawAnswer>> forward(std::string, std::string,
                                                                      const base::CallContext&) override {
    co_return base::fail(base::ErrorKind::internal, "not expected");
  }
  boost::asio::awaitable<base::Result<void>> probe(base::Deadline) override { co_return base::Result<void>(); }

 private:
  void note(std::string text, std::optional<std::int64_t> at_ms, const base::CallContext& context) {
    asked.push_back({std::move(text), at_ms, context.bearer_token, context.store_parameters});
  }

  std::vector<std::pair<std::string, base::Result<prometheus::InstantAnswer>>> rules_;
};

class FakeNames final : public schema::NamesSource {
 public:
  base::Result<schema::SchemaPtr> known = schema::SchemaPtr();
  std::string token;

  boost::asio::awaitable<base::Result<schema::SchemaPtr>> schema(model::MetricKind,
                                                                 const base::CallContext& context) override {
    token = context.bearer_token;
    co_return known;
  }
  boost::asio::awaitable<base::Result<schema::SchemaPtr>> after_empty(schema::SchemaPtr, model::TimeGrid,
                                                                      const base::CallContext&) override {
    co_return schema::SchemaPtr();
  }
};

class FixedClock final : public base::WallClock {
 public:
  std::int64_t now_ms() const noexcept override { return kNow; }
};

inline prometheus::Sample sample(model::LabelSet labels, double value) {
  prometheus::Sample made;
  made.labels = std::move(labels);
  made.value = value;
  return made;
}

/// The connector's default family, complete, with a sample of ten seconds ago.
inline schema::Family connector() {
  schema::Family family;
  family.names.calls = "traces_span_metrics_calls_total";
  family.names.bucket = "traces_span_metrics_duration_milliseconds_bucket";
  family.histogram_base = "traces_span_metrics_duration_milliseconds";
  family.producer = "OpenTelemetry spanmetrics connector";
  family.histogram.classic = true;
  family.unit_source = schema::UnitSource::name;
  family.newest_sample_ms = kNow - 10'000;
  family.error_value_seen = true;
  return family;
}

inline std::shared_ptr<schema::StoreSchema> schema_of(std::vector<schema::Family> families) {
  auto made = std::make_shared<schema::StoreSchema>();
  made->origin = schema::StoreSchema::Origin::discovered;
  made->families = std::move(families);
  if (!made->families.empty()) made->chosen = 0;
  made->reason = "the only span metrics";
  return made;
}

/// A healthy store around `family`, and the examination of it. Tests change one thing each.
class Clinic {
 public:
  explicit Clinic(schema::Family family = connector()) : schema(schema_of({std::move(family)})) {
    store.identity->version = "2.42.0";
    store.answer("time()", {sample({}, kNow / 1000.0)});
    service("frontend", "SPAN_KIND_SERVER", kNow - 10'000);
    store.answer("topk(1, ", {sample({{"service_name", "frontend"}}, 40)});
  }

  /// One more service, as find_services() sees it.
  void service(const std::string& name, const std::string& kind, std::int64_t newest_ms) {
    services_.push_back(sample({{"service_name", name}, {"span_kind", kind}}, static_cast<double>(newest_ms) / 1000));
    store.answer("max by (service_name, span_kind) (timestamp(", services_);
  }
  void no_services() { services_.clear(); }

  Report examine() {
    if (!names.known || *names.known == nullptr) {
      if (names.known) names.known = schema::SchemaPtr(schema);
    }
    const auto diagnosis = create_diagnosis(options, store, names, clock);
    boost::asio::io_context io;
    std::optional<base::Result<Report>> report;
    boost::asio::co_spawn(io, diagnosis->examine(context), [&](std::exception_ptr failure, base::Result<Report> made) {
      if (failure) std::rethrow_exception(failure);
      report.emplace(std::move(made));
    });
    io.run();
    return std::move(report.value().value());
  }

  Options options;
  FakeStore store;
  FakeNames names;
  FixedClock clock;
  std::shared_ptr<schema::StoreSchema> schema;
  base::CallContext context{base::Deadline::after(std::chrono::seconds{30})};

 private:
  std::vector<prometheus::Sample> services_;
};

inline const Finding* find(const Report& report, FindingId id) {
  const auto found = std::ranges::find(report.findings, id, &Finding::id);
  return found == report.findings.end() ? nullptr : &*found;
}

inline std::string ids(const Report& report) {
  std::string text;
  for (const Finding& one : report.findings) text += (text.empty() ? "" : ",") + std::string(text_of(one.id));
  return text;
}

}  // namespace spm::diagnosis
