#include <algorithm>

#include <gtest/gtest.h>

#include <spm/service/promql_catalog.hpp>

#include "fakes.hpp"
#include "span_kind_names.hpp"

namespace spm::service {
namespace {

using AskedList = FakePrometheusClient::AskedList;
using prometheus::ListAnswer;
using Names = std::vector<std::string>;

constexpr std::int64_t kNow = 1'795'141'800'000;
constexpr std::int64_t kHour = 3'600'000;

ListAnswer list_of(Names values) {
  ListAnswer answer;
  answer.values = std::move(values);
  return answer;
}

class CatalogTest : public testing::Test {
 protected:
  std::unique_ptr<Catalog> catalog() { return create_promql_catalog(names_, store_, clock_, metrics_, *log_); }
  base::Result<NameList> services(ListWindow window = {}) {
    const auto made = catalog();
    return run(made->services(window, context_));
  }
  base::Result<OperationList> operations_by_kind(std::optional<model::SpanKind> kind = std::nullopt) {
    const auto made = catalog();
    return run(made->operations_by_kind("a\"b", kind, context_));
  }
  base::Result<NameList> values(const std::string& key, std::optional<std::string> service = std::nullopt,
                                std::optional<std::int64_t> lookback_ms = kHour) {
    const auto made = catalog();
    return run(made->attribute_values(key, std::move(service), lookback_ms, context_));
  }

  FakePrometheusClient store_;
  FakeNames names_;
  FixedClock clock_;
  telemetry::Metrics metrics_;
  std::shared_ptr<std::string> lines_ = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log_ = telemetry::Log::to_memory(lines_);
  base::CallContext context_ = some_context();
};

TEST_F(CatalogTest, ServicesAreValuesOfTheCallsLabelOverTwoDays) {
  names_.family().names.membership = {{"span_name", true}};
  store_.answer_list = [](const AskedList&) { return list_of({"b", "a", "b"}); };
  const auto list = services();
  ASSERT_TRUE(list);
  EXPECT_EQ(list->names, (Names{"a", "b"}));
  EXPECT_FALSE(list->cut);
  ASSERT_EQ(store_.asked_lists.size(), 1U);
  const AskedList& asked = store_.asked_lists[0];
  EXPECT_EQ(asked.label, "service_name");
  EXPECT_EQ(asked.of.selectors, Names{R"(traces_span_metrics_calls{service_name!="",span_name!=""})"});
  EXPECT_EQ(asked.of.start_ms, kNow - 48 * kHour);
  EXPECT_EQ(asked.of.end_ms, kNow);
  EXPECT_TRUE(store_.asked.empty());
}

TEST_F(CatalogTest, AskInTheStoresDialectAndWithoutACounterOfTheHistogram) {
  names_.current.dialect = promql::Dialect::victoria_metrics;
  names_.family().names.service_label = "service.name";
  names_.family().names.calls = "";
  names_.family().names.native_histogram = "a.duration";
  ASSERT_TRUE(services());
  EXPECT_EQ(store_.asked_lists[0].of.selectors, (Names{R"({__name__="a.duration",service\.name!=""})",
                                                       R"(traces_span_metrics_duration_count{service\.name!=""})"}));
}

TEST_F(CatalogTest, OldDataIsListedFromItsOwnTime) {
  names_.current.window_start_ms = kNow - 500 * kHour;
  names_.current.window_end_ms = kNow - 400 * kHour;
  store_.answer_list = [](const AskedList& asked) { return list_of(asked.of.end_ms == kNow ? Names{} : Names{"old"}); };
  EXPECT_EQ(services()->names, Names{"old"});
  ASSERT_EQ(store_.asked_lists.size(), 2U);
  EXPECT_EQ(store_.asked_lists[1].of.start_ms, kNow - 500 * kHour);
  EXPECT_EQ(store_.asked_lists[1].of.end_ms, kNow - 400 * kHour);

  // A window that the caller gave is kept to.
  store_.asked_lists.clear();
  EXPECT_TRUE(services({kNow - kHour, kNow})->names.empty());
  EXPECT_EQ(store_.asked_lists.size(), 1U);

  // Nothing else to look at where discovery looked within the same two days.
  store_.asked_lists.clear();
  names_.current.window_start_ms = kNow - kHour;
  names_.current.window_end_ms = kNow;
  EXPECT_TRUE(services()->names.empty());
  EXPECT_EQ(store_.asked_lists.size(), 1U);
}

TEST_F(CatalogTest, AnEmptyListIsAskedAgainUnderNewerNames) {
  names_.current.window_start_ms = kNow - kHour;
  names_.current.window_end_ms = kNow;
  names_.newer = names_.current;
  names_.newer->families[0].names.calls = "calls_total";
  store_.answer_list = [](const AskedList& asked) {
    return list_of(contains(asked.of.selectors[0], "calls_total") ? Names{"new"} : Names{});
  };
  EXPECT_EQ(services()->names, Names{"new"});
  EXPECT_EQ(names_.asked_grid.start_ms, kNow - 48 * kHour);
  EXPECT_EQ(names_.asked_grid.last_ms(), kNow);
}

TEST_F(CatalogTest, NoFamilyIsAnEmptyListThatSaysWhy) {
  names_.current.chosen.reset();
  names_.current.reason = "nothing there";
  const auto list = services();
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->names.empty());
  ASSERT_EQ(list->notices.size(), 1U);
  EXPECT_EQ(list->notices[0].kind, NoticeKind::nothing_found);
  EXPECT_EQ(list->notices[0].text, "nothing there");
}

TEST_F(CatalogTest, OperationsAreTheOnesOfOneService) {
  store_.answer_list = [](const AskedList&) { return list_of({"op"}); };
  const auto made = catalog();
  EXPECT_EQ(run(made->operations("a\"b", {}, context_))->names, Names{"op"});
  EXPECT_EQ(store_.asked_lists[0].label, "span_name");
  EXPECT_EQ(store_.asked_lists[0].of.selectors, Names{R"(traces_span_metrics_calls{service_name="a\"b"})"});
  EXPECT_TRUE(run(made->operations("", {}, context_))->names.empty());
  EXPECT_FALSE(run(made->operations("\xFF", {}, context_)));
}

TEST_F(CatalogTest, OperationsComeWithTheirKinds) {
  store_.answer_list = [](const AskedList& asked) {
    if (asked.label == "span_kind") return list_of({"SPAN_KIND_SERVER", "SPAN_KIND_CLIENT"});
    const std::string& selector = asked.of.selectors[0];
    if (contains(selector, "span_kind=\"SPAN_KIND_SERVER\"")) return list_of({"get", "put"});
    if (contains(selector, "span_kind=\"SPAN_KIND_CLIENT\"")) return list_of({"get"});
    return list_of(contains(selector, "span_kind=\"\"") ? Names{"odd"} : Names{"wrong"});
  };
  const auto all = operations_by_kind();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->operations,
            (std::vector<Operation>{{"get", "client"}, {"get", "server"}, {"odd", ""}, {"put", "server"}}));
  store_.asked_lists.clear();
  const auto servers = operations_by_kind(model::SpanKind::server);
  EXPECT_EQ(servers->operations, (std::vector<Operation>{{"get", "server"}, {"put", "server"}}));
  EXPECT_EQ(store_.asked_lists.size(), 1U);
}

TEST_F(CatalogTest, WithoutKindsEveryOperationIsListedAndTheCallerIsTold) {
  names_.family().names.kind_label = "";
  store_.answer_list = [](const AskedList&) { return list_of({"op"}); };
  EXPECT_EQ(operations_by_kind()->operations, (std::vector<Operation>{{"op", ""}}));
  EXPECT_TRUE(operations_by_kind()->notices.empty());
  const auto servers = operations_by_kind(model::SpanKind::server);
  EXPECT_EQ(servers->operations.size(), 1U);
  ASSERT_EQ(servers->notices.size(), 1U);
  EXPECT_EQ(servers->notices[0].kind, NoticeKind::kind_not_applied);
}

TEST_F(CatalogTest, SpanKindsAreAsTheMetricsWriteThem) {
  store_.answer_list = [](const AskedList&) { return list_of({"SPAN_KIND_SERVER"}); };
  const auto made = catalog();
  EXPECT_EQ(run(made->span_kinds({}, context_))->names, Names{"SPAN_KIND_SERVER"});
  EXPECT_EQ(store_.asked_lists[0].label, "span_kind");
  EXPECT_EQ(short_kind_name("SPAN_KIND_PRODUCER"), "producer");
  EXPECT_EQ(short_kind_name("Odd"), "odd");
}

TEST_F(CatalogTest, ValuesOfALabelThatIsNamedAsOpenTelemetryDoes) {
  store_.answer_list = [](const AskedList&) { return list_of({"POST", "GET"}); };
  EXPECT_EQ(values("http.method")->names, (Names{"GET", "POST"}));
  EXPECT_EQ(store_.asked_lists[0].label, "http_method");
  EXPECT_EQ(store_.asked_lists[0].of.selectors, Names{R"(traces_span_metrics_calls{service_name!=""})"});
  EXPECT_EQ(store_.asked_lists[0].of.start_ms, kNow - kHour);
  EXPECT_EQ(store_.asked_lists[0].of.end_ms, kNow);
  ASSERT_TRUE(values("http.method", "shop"));
  EXPECT_EQ(store_.asked_lists[1].of.selectors, Names{R"(traces_span_metrics_calls{service_name="shop"})"});
}

TEST_F(CatalogTest, ValuesOfOldDataAreListedUnlessALookbackIsGiven) {
  names_.current.window_start_ms = kNow - 500 * kHour;
  names_.current.window_end_ms = kNow - 400 * kHour;
  names_.family().call_labels = {"http_method", "service_name"};
  store_.answer_list = [](const AskedList& asked) { return asked.of.end_ms == kNow ? list_of({}) : list_of({"GET"}); };
  EXPECT_EQ(values("http.method", std::nullopt, std::nullopt)->names, Names{"GET"});
  EXPECT_EQ(values("http.method", std::nullopt, kHour)->names, Names{});
}

TEST_F(CatalogTest, AnUnknownKeyIsRefusedWithNearOnes) {
  store_.answer_list = [](const AskedList&) { return list_of({"http_method"}); };
  for (const char* key : {"http.metho", "le", "__name__", "", "\xFF"}) {
    const auto refused = values(key);
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(refused.error().kind, base::ErrorKind::invalid_argument);
    EXPECT_EQ(refused.error().parameter, "key");
  }
  EXPECT_TRUE(contains(values("http.metho").error().message, "near ones are: http_method"));
}

TEST_F(CatalogTest, ListsAreCutAndSayIt) {
  Names many;
  for (std::size_t i = 0; i <= kMaxListed; ++i) many.push_back(std::to_string(100'000 + i));
  std::ranges::reverse(many);
  store_.answer_list = [&](const AskedList&) { return list_of(many); };
  const auto list = services();
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->cut);
  EXPECT_EQ(list->names.size(), kMaxListed);
  EXPECT_EQ(list->names.front(), "100000");
  many.pop_back();
  EXPECT_FALSE(services()->cut);
}

TEST_F(CatalogTest, AStoreThatCannotNarrowListsIsAskedByAQuery) {
  store_.answer_list = [](const AskedList&) { return base::fail(base::ErrorKind::query_rejected, "match[] unknown"); };
  store_.answer_instant = [](const prometheus::InstantQuery& query) {
    EXPECT_EQ(query.at_ms, kNow);
    prometheus::InstantAnswer answer;
    answer.samples.resize(2);
    answer.samples[0].labels = {{"service_name", "a"}};
    return answer;
  };
  EXPECT_EQ(services()->names, Names{"a"});
  ASSERT_EQ(store_.asked_instant.size(), 1U);
  EXPECT_EQ(store_.asked_instant[0],
            "count(count_over_time(traces_span_metrics_calls{service_name!=\"\"}[48h])) by (service_name)");
}

TEST_F(CatalogTest, FailuresAndWarningsReachTheCaller) {
  store_.answer_list = [](const AskedList&) { return base::fail(base::ErrorKind::store_unreachable, "gone"); };
  EXPECT_EQ(services().error().kind, base::ErrorKind::store_unreachable);
  EXPECT_EQ(operations_by_kind().error().kind, base::ErrorKind::store_unreachable);
  EXPECT_TRUE(store_.asked_instant.empty());
  store_.answer_list = [](const AskedList&) {
    ListAnswer answer = list_of({"a"});
    answer.warnings = {"only half"};
    return answer;
  };
  const auto list = services();
  ASSERT_EQ(list->notices.size(), 1U);
  EXPECT_EQ(list->notices[0].kind, NoticeKind::store_warning);
  EXPECT_TRUE(contains(*lines_, "only half"));
}

}  // namespace
}  // namespace spm::service
