#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <spm/base/utf8.hpp>
#include <spm/service/promql_catalog.hpp>

#include "index_reader.hpp"
#include "notice_log.hpp"
#include "span_kind_names.hpp"
#include "store_warnings.hpp"
#include "tag_filter.hpp"

namespace spm::service {
namespace {

using base::CallContext;
using base::fail;
using base::Result;
using boost::asio::awaitable;
using promql::Matcher;
using promql::MatchOp;
using schema::SchemaPtr;

constexpr std::int64_t kDefaultReachMs = std::int64_t{48} * 3'600'000;

/// What is to be listed.
struct Question {
  enum class What : std::uint8_t {
    services,
    operations,
    operations_by_kind,
    span_kinds,
    values
  };

  explicit Question(What listed) : what(listed) {}

  What what;
  std::string service;  ///< of operations: the one; of values: empty means all
  std::optional<model::SpanKind> kind;
  std::string key;  ///< of values
  ListWindow window;
  bool may_look_elsewhere = false;  ///< nobody gave the window: where it is empty, the store's own will do
};

class PromqlCatalog final : public Catalog {
 public:
  PromqlCatalog(schema::NamesSource& names, prometheus::PrometheusClient& store, const base::WallClock& clock,
                telemetry::Metrics& metrics, telemetry::Log& log)
      : names_(names),
        clock_(clock),
        reader_(store),
        tags_(store),
        log_(metrics, log) {}

  awaitable<Result<NameList>> services(ListWindow window, const CallContext& context) override {
    Question question(Question::What::services);
    question.window = window;
    co_return names_of(co_await list(std::move(question), context));
  }

  awaitable<Result<NameList>> operations(std::string service, ListWindow window, const CallContext& context) override {
    Question question(Question::What::operations);
    question.service = std::move(service);
    question.window = window;
    co_return names_of(co_await list(std::move(question), context));
  }

  awaitable<Result<OperationList>> operations_by_kind(std::string service, std::optional<model::SpanKind> kind,
                                                      const CallContext& context) override {
    Question question(Question::What::operations_by_kind);
    question.service = std::move(service);
    question.kind = kind;
    co_return co_await list(std::move(question), context);
  }

  awaitable<Result<NameList>> span_kinds(ListWindow window, const CallContext& context) override {
    Question question(Question::What::span_kinds);
    question.window = window;
    co_return names_of(co_await list(std::move(question), context));
  }

  awaitable<Result<NameList>> attribute_values(std::string key, std::optional<std::string> service,
                                               std::optional<std::int64_t> lookback_ms,
                                               const CallContext& context) override {
    Question question(Question::What::values);
    question.key = std::move(key);
    question.service = std::move(service).value_or(std::string());
    question.window.end_ms = clock_.now_ms();
    question.window.start_ms = *question.window.end_ms - lookback_ms.value_or(model::kDefaultLookbackMs);
    question.may_look_elsewhere = !lookback_ms;
    co_return names_of(co_await list(std::move(question), context));
  }

 private:
  static Result<NameList> names_of(Result<OperationList> listed) {
    if (!listed) return fail(std::move(listed.error()));
    NameList list;
    list.cut = listed->cut;
    list.notices = std::move(listed->notices);
    list.names.reserve(listed->operations.size());
    for (Operation& operation : listed->operations) list.names.push_back(std::move(operation.name));
    return list;
  }

  awaitable<Result<OperationList>> list(Question question, const CallContext& context) {
    if (!base::is_valid_utf8(question.service)) {
      co_return fail(base::invalid_parameter("service", "the service name is not UTF-8"));
    }
    if (question.what == Question::What::values &&
        (question.key.empty() || !base::is_valid_utf8(question.key) || question.key.size() > model::kMaxTagKeyBytes)) {
      co_return fail(base::invalid_parameter(
          "key", "write the name of a label, UTF-8 and at most " + std::to_string(model::kMaxTagKeyBytes) + " bytes"));
    }
    if (!question.window.start_ms && !question.window.end_ms) {
      question.window.end_ms = clock_.now_ms();
      question.window.start_ms = *question.window.end_ms - kDefaultReachMs;
      question.may_look_elsewhere = true;
    }

    Result<SchemaPtr> schema = co_await names_.schema(model::MetricKind::call_rate, context);
    if (!schema) co_return fail(std::move(schema.error()));
    Result<OperationList> listed = co_await list_under(**schema, question, context);
    if (listed && listed->operations.empty()) {
      Result<SchemaPtr> newer = co_await names_.after_empty(*schema, grid_of(question.window), context);
      if (newer && *newer) listed = co_await list_under(**newer, question, context);
    }
    if (!listed) co_return fail(std::move(listed.error()));
    std::ranges::sort(listed->operations);
    const auto repeated = std::ranges::unique(listed->operations);
    listed->operations.erase(repeated.begin(), repeated.end());
    listed->cut = listed->operations.size() > kMaxListed;
    if (listed->cut) listed->operations.resize(kMaxListed);
    log_.report(listed->notices, context, NoticeLog::Clock::now());
    co_return std::move(listed);
  }

  model::TimeGrid grid_of(const ListWindow& window) const {
    const std::int64_t end_ms = window.end_ms.value_or(clock_.now_ms());
    const std::int64_t start_ms = std::min(window.start_ms.value_or(end_ms - kDefaultReachMs), end_ms - 1);
    return {start_ms, end_ms - start_ms, 2};
  }

  awaitable<Result<OperationList>> list_under(const schema::StoreSchema& schema, const Question& question,
                                              const CallContext& context) {
    OperationList listed;
    const schema::Family* family = schema.family();
    if (family == nullptr) {
      listed.notices.push_back(notice_of(NoticeKind::nothing_found, schema.reason.empty()
                                                                        ? "no span metrics were found in the store"
                                                                        : schema.reason));
      co_return std::move(listed);
    }
    std::string label;
    if (question.what == Question::What::values) {
      Result<std::string> known = co_await tags_.call_label(question.key, schema, *family, question.window, context);
      if (!known) co_return fail(std::move(known.error()));
      label = std::move(*known);
    }
    Result<OperationList> found = co_await list_within(question.window, schema, *family, question, label, context);
    const ListWindow known{schema.window_start_ms, schema.window_end_ms};
    if (found && found->operations.empty() && question.may_look_elsewhere && !covers(question.window, known)) {
      found = co_await list_within(known, schema, *family, question, label, context);
    }
    co_return std::move(found);
  }

  static bool covers(const ListWindow& outer, const ListWindow& inner) {
    const bool from = !outer.start_ms || (inner.start_ms && *inner.start_ms >= *outer.start_ms);
    const bool to = !outer.end_ms || (inner.end_ms && *inner.end_ms <= *outer.end_ms);
    return from && to;
  }

  awaitable<Result<OperationList>> list_within(ListWindow window, const schema::StoreSchema& schema,
                                               const schema::Family& family, const Question& question,
                                               const std::string& label, const CallContext& context) {
    const model::MetricNames& names = family.names;
    OperationList listed;
    // Series without a service (what a collector sums up when there are too many) are nobody's.
    std::vector<Matcher> matchers;
    if (question.service.empty()) {
      matchers.push_back({names.service_label, MatchOp::not_equal, std::string()});
    } else {
      matchers.push_back({names.service_label, MatchOp::equal, question.service});
    }
    const bool about_kinds = question.what == Question::What::span_kinds || question.kind.has_value();
    if (about_kinds && names.kind_label.empty()) {
      listed.notices.push_back(notice_of(NoticeKind::kind_not_applied, "these metrics have no span kind"));
    }
    if (question.what == Question::What::operations_by_kind && !names.kind_label.empty()) {
      co_return co_await operations_of_kinds(std::move(matchers), window, schema, family, question, context);
    }

    const std::string* listed_label = &label;
    if (question.what == Question::What::services) listed_label = &names.service_label;
    if (question.what == Question::What::span_kinds) listed_label = &names.kind_label;
    if (question.what == Question::What::operations || question.what == Question::What::operations_by_kind) {
      // A service without a name has no operations: the matcher above would list those of all.
      if (question.service.empty()) co_return std::move(listed);
      listed_label = &names.operation_label;
    }
    Result<void> added =
        co_await add(*listed_label, std::move(matchers), std::string(), window, schema, family, listed, context);
    if (!added) co_return fail(std::move(added.error()));
    co_return std::move(listed);
  }

  awaitable<Result<OperationList>> operations_of_kinds(std::vector<Matcher> matchers, ListWindow window,
                                                       const schema::StoreSchema& schema, const schema::Family& family,
                                                       const Question& question, const CallContext& context) {
    OperationList listed;
    if (question.service.empty()) co_return std::move(listed);
    const std::string& kind_label = family.names.kind_label;
    std::vector<std::string> kinds;
    if (question.kind) {
      kinds.emplace_back(model::label_value(*question.kind));
    } else {
      Result<prometheus::ListAnswer> there =
          co_await reader_.values(kind_label, matchers, schema, family, window, context);
      if (!there) co_return fail(std::move(there.error()));
      add_store_warnings(listed.notices, there->warnings);
      kinds = std::move(there->values);
      if (kinds.size() > kMaxKinds) kinds.resize(kMaxKinds);
      kinds.emplace_back();  // series of no kind
    }
    for (const std::string& kind : kinds) {
      std::vector<Matcher> of_kind = matchers;
      of_kind.push_back({kind_label, MatchOp::equal, kind});
      Result<void> added = co_await add(family.names.operation_label, std::move(of_kind), short_kind_name(kind), window,
                                        schema, family, listed, context);
      if (!added) co_return fail(std::move(added.error()));
    }
    co_return std::move(listed);
  }

  /// Adds the values of `label` as names of `span_kind`.
  awaitable<Result<void>> add(const std::string& label, std::vector<Matcher> matchers, std::string span_kind,
                              ListWindow window, const schema::StoreSchema& schema, const schema::Family& family,
                              OperationList& listed, const CallContext& context) {
    Result<prometheus::ListAnswer> there =
        co_await reader_.values(label, std::move(matchers), schema, family, window, context);
    if (!there) co_return fail(std::move(there.error()));
    add_store_warnings(listed.notices, there->warnings);
    for (std::string& value : there->values) {
      if (value.empty()) continue;
      Operation operation;
      operation.name = std::move(value);
      operation.span_kind = span_kind;
      listed.operations.push_back(std::move(operation));
    }
    co_return Result<void>();
  }

  /// There are six; a store in which somebody wrote anything else under that label is not asked about each.
  static constexpr std::size_t kMaxKinds = 20;

  schema::NamesSource& names_;
  const base::WallClock& clock_;
  const IndexReader reader_;
  TagFilter tags_;
  NoticeLog log_;
};

}  // namespace

std::unique_ptr<Catalog> create_promql_catalog(schema::NamesSource& names, prometheus::PrometheusClient& store,
                                               const base::WallClock& clock, telemetry::Metrics& metrics,
                                               telemetry::Log& log) {
  return std::make_unique<PromqlCatalog>(names, store, clock, metrics, log);
}

}  // namespace spm::service
