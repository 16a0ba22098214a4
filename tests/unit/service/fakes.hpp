#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <spm/base/clock.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/schema/names_source.hpp>

namespace spm::service {

/// Runs one coroutine to its end on a context of its own.
template <class T>
T run(boost::asio::awaitable<T> work) {
  boost::asio::io_context io;
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(work), [&](const std::exception_ptr& failure, T value) {
    if (failure) std::rethrow_exception(failure);
    result.emplace(std::move(value));
  });
  io.run();
  return std::move(result.value());
}

inline base::CallContext some_context() { return base::CallContext(base::Deadline::after(std::chrono::seconds{30})); }

class FixedClock final : public base::WallClock {
 public:
  std::int64_t now_ms() const noexcept override { return 1'795'141'800'000; }
};

/// Answers by functions of what is asked; remembers all of it. What no function is given for is empty.
class FakePrometheusClient final : public prometheus::PrometheusClient {
 public:
  struct AskedList {
    std::string label;  ///< empty: names of labels
    prometheus::Listing of;
  };

  std::function<base::Result<prometheus::RangeAnswer>(const prometheus::RangeQuery&)> answer;
  std::function<base::Result<prometheus::InstantAnswer>(const prometheus::InstantQuery&)> answer_instant;
  std::function<base::Result<prometheus::ListAnswer>(const AskedList&)> answer_list;

  std::vector<std::string> asked;          ///< texts of range queries
  std::vector<std::string> asked_instant;  ///< texts of instant queries
  std::vector<AskedList> asked_lists;

  boost::asio::awaitable<base::Result<prometheus::RangeAnswer>> query_range(
      prometheus::RangeQuery query, const base::CallContext& /*context*/) override {
    asked.push_back(query.text);
    if (answer) co_return answer(query);
    prometheus::RangeAnswer empty;
    empty.matrix.grid = query.grid;
    co_return empty;
  }
  boost::asio::awaitable<base::Result<prometheus::InstantAnswer>> query(prometheus::InstantQuery query,
                                                                        const base::CallContext& /*context*/) override {
    asked_instant.push_back(query.text);
    if (answer_instant) co_return answer_instant(query);
    co_return prometheus::InstantAnswer();
  }
  boost::asio::awaitable<base::Result<prometheus::ListAnswer>> label_values(
      std::string label, prometheus::Listing of, const base::CallContext& /*context*/) override {
    co_return list({std::move(label), std::move(of)});
  }
  boost::asio::awaitable<base::Result<prometheus::ListAnswer>> label_names(
      prometheus::Listing of, const base::CallContext& /*context*/) override {
    co_return list({std::string(), std::move(of)});
  }
  boost::asio::awaitable<base::Result<void>> read_chunks(prometheus::ChunkRead /*query*/,
                                                         std::shared_ptr<prometheus::ByteSink> /*sink*/,
                                                         const base::CallContext& /*context*/) override {
    co_return base::fail(base::ErrorKind::query_rejected, "this store streams no chunks");
  }
  boost::asio::awaitable<base::Result<prometheus::StoreIdentity>> identify(
      const base::CallContext& /*context*/) override {
    co_return prometheus::StoreIdentity();
  }
  boost::asio::awaitable<base::Result<prometheus::RawAnswer>> forward(std::string /*path*/, std::string /*form*/,
                                                                      const base::CallContext& /*context*/) override {
    co_return prometheus::RawAnswer();
  }
  boost::asio::awaitable<base::Result<void>> probe(base::Deadline /*deadline*/) override {
    co_return base::Result<void>();
  }

 private:
  base::Result<prometheus::ListAnswer> list(AskedList wanted) {
    asked_lists.push_back(wanted);
    if (answer_list) return answer_list(wanted);
    return prometheus::ListAnswer();
  }
};

/// Knows one schema, and a newer one that it tells of when an answer was empty.
class FakeNames final : public schema::NamesSource {
 public:
  schema::StoreSchema current;
  std::optional<schema::StoreSchema> newer;
  std::optional<base::Error> error;
  int empty_answers = 0;
  model::TimeGrid asked_grid;

  /// The chosen family, there from the beginning.
  schema::Family& family() { return current.families.front(); }

  FakeNames() {
    current.origin = schema::StoreSchema::Origin::discovered;
    schema::Family family;
    family.histogram.classic = true;
    family.unit_source = schema::UnitSource::name;
    family.call_labels = {"http_method", "service_name", "span_kind", "span_name", "status_code"};
    family.histogram_labels = {"http_method", "service_name", "span_kind", "span_name"};
    current.families.push_back(std::move(family));
    current.chosen = 0;
  }

  boost::asio::awaitable<base::Result<schema::SchemaPtr>> schema(model::MetricKind /*kind*/,
                                                                 const base::CallContext& /*context*/) override {
    if (error) co_return base::fail(*error);
    co_return std::make_shared<const schema::StoreSchema>(current);
  }
  boost::asio::awaitable<base::Result<schema::SchemaPtr>> after_empty(schema::SchemaPtr /*used*/, model::TimeGrid asked,
                                                                      const base::CallContext& /*context*/) override {
    ++empty_answers;
    asked_grid = asked;
    if (!newer) co_return schema::SchemaPtr();
    co_return std::make_shared<const schema::StoreSchema>(*newer);
  }
};

/// One series of `value` at every point.
inline prometheus::RangeAnswer one_series(const prometheus::RangeQuery& query, const std::string& service,
                                          double value) {
  prometheus::RangeAnswer answer;
  answer.matrix.grid = query.grid;
  model::Series series{{{"service_name", service}}, model::Column(query.grid.points)};
  for (std::size_t i = 0; i < query.grid.points; ++i) series.column.set(i, value);
  answer.matrix.series.push_back(std::move(series));
  return answer;
}

inline prometheus::RangeAnswer no_series(const prometheus::RangeQuery& query) {
  prometheus::RangeAnswer answer;
  answer.matrix.grid = query.grid;
  return answer;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace spm::service
