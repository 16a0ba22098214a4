// The one promise: whatever text comes in, every selector of what goes out has all enforced matchers, and asks for
// nothing else than what came in.
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/prometheus/enforcing_client.hpp>
#include <spm/promql/add_matchers.hpp>
#include <spm/promql/builder.hpp>
#include <spm/promql/parser.hpp>

#include "refusing_client.hpp"

namespace spm::prometheus {
namespace {

using base::ErrorKind;
using promql::Dialect;
using promql::Matcher;
using promql::MatchOp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Notes every text that reaches the store.
class RecordingClient final : public testing::RefusingClient {
 public:
  std::vector<std::string> texts;
  std::vector<Listing> listings;
  std::vector<std::string> labels;
  std::vector<ChunkRead> reads;
  std::shared_ptr<ByteSink> sink;
  StoreIdentity::Kind kind = StoreIdentity::Kind::prometheus_like;
  std::size_t others = 0;

  boost::asio::awaitable<base::Result<RangeAnswer>> query_range(RangeQuery query, const base::CallContext&) override {
    texts.push_back(query.text);
    co_return RangeAnswer();
  }
  boost::asio::awaitable<base::Result<InstantAnswer>> query(InstantQuery query, const base::CallContext&) override {
    texts.push_back(query.text);
    co_return InstantAnswer();
  }
  boost::asio::awaitable<base::Result<ListAnswer>> label_values(std::string label, Listing of,
                                                                const base::CallContext&) override {
    labels.push_back(std::move(label));
    listings.push_back(std::move(of));
    co_return ListAnswer();
  }
  boost::asio::awaitable<base::Result<ListAnswer>> label_names(Listing of, const base::CallContext&) override {
    listings.push_back(std::move(of));
    co_return ListAnswer();
  }
  boost::asio::awaitable<base::Result<void>> read_chunks(ChunkRead query, std::shared_ptr<ByteSink> into,
                                                         const base::CallContext&) override {
    reads.push_back(std::move(query));
    sink = std::move(into);
    co_return base::fail(ErrorKind::rate_limited, "later");
  }
  boost::asio::awaitable<base::Result<StoreIdentity>> identify(const base::CallContext&) override {
    StoreIdentity identity;
    identity.kind = kind;
    co_return identity;
  }
  boost::asio::awaitable<base::Result<RawAnswer>> forward(std::string, std::string, const base::CallContext&) override {
    ++others;
    co_return RawAnswer();
  }
};

class EnforcingClientTest : public ::testing::Test {
 protected:
  void enforce(std::vector<Matcher> matchers) {
    matchers_ = std::move(matchers);
    client_ = create_enforcing_client(store_, matchers_);
  }
  template <class Answer>
  base::Result<Answer> run(boost::asio::awaitable<base::Result<Answer>> operation) {
    auto result = boost::asio::co_spawn(io_, std::move(operation), boost::asio::use_future);
    io_.restart();
    io_.run();
    return result.get();
  }
  /// What reaches the store of `text`, or nothing.
  std::optional<std::string> sent(const std::string& text) {
    store_.texts.clear();
    const auto answer = run(client_->query(InstantQuery(text, std::nullopt), context_));
    EXPECT_EQ(answer.has_value(), store_.texts.size() == 1);
    if (!answer) {
      EXPECT_EQ(answer.error().kind, ErrorKind::internal);
      EXPECT_THAT(store_.texts, IsEmpty());
      return std::nullopt;
    }
    const std::string by_query = store_.texts.at(0);
    EXPECT_TRUE(run(client_->query_range(RangeQuery(text, model::TimeGrid{0, 1, 1}), context_)));
    EXPECT_EQ(store_.texts.at(1), by_query);
    return by_query;
  }
  /// Holds what was sent against what was asked: all matchers everywhere, and without them the same question.
  void expect_enforced(const promql::Expr& asked, const std::string& out, Dialect dialect) {
    const auto tree = promql::parse(out, dialect);
    ASSERT_TRUE(tree) << out;
    std::vector<std::vector<Matcher>> kept;
    const auto after = promql::selectors(**tree);
    const auto before = promql::selectors(asked);
    ASSERT_EQ(after.size(), before.size()) << out;
    for (std::size_t i = 0; i < after.size(); ++i) {
      const auto& was = *before[i]->as<promql::Selector>();
      const auto& is = *after[i]->as<promql::Selector>();
      for (const Matcher& matcher : matchers_) EXPECT_THAT(is.matchers, ::testing::Contains(matcher)) << out;
      EXPECT_EQ(is.name, was.name);
      EXPECT_EQ(is.range_ms, was.range_ms);
      EXPECT_EQ(is.modifiers, was.modifiers);
      ASSERT_GE(is.matchers.size(), was.matchers.size());
      EXPECT_TRUE(std::equal(was.matchers.begin(), was.matchers.end(), is.matchers.begin())) << out;
      EXPECT_LE(is.matchers.size(), was.matchers.size() + matchers_.size());
    }
    // The rest of the tree has stayed: with the matchers put into a second reading of the question, both are equal.
    auto expected = promql::parse(promql::print(asked, dialect), dialect);
    ASSERT_TRUE(expected);
    promql::add_matchers(**expected, matchers_);
    EXPECT_TRUE(promql::same_tree(**expected, **tree)) << out;
  }

  boost::asio::io_context io_;
  base::CallContext context_{base::Deadline::after(std::chrono::seconds{20})};
  RecordingClient store_;
  std::vector<Matcher> matchers_;
  std::unique_ptr<PrometheusClient> client_;
};

const std::vector<Matcher> kTenant = {{"tenant", MatchOp::equal, "a"}};

class NoSink final : public ByteSink {
 public:
  base::Result<void> take(std::string_view) override { return {}; }
};

TEST_F(EnforcingClientTest, ReachesEveryReadOfRawSeries) {
  const Matcher tenant{"tenant", MatchOp::equal, "a\"b"};
  const Matcher cluster{"cluster.name", MatchOp::regex, "x|y"};
  enforce({tenant, cluster});
  const Matcher name{"__name__", MatchOp::equal, "calls"};
  const Matcher foreign{"tenant", MatchOp::regex, ".*"};
  const auto sink = std::make_shared<NoSink>();
  for (const std::vector<Matcher>& asked : {std::vector{name, foreign}, std::vector{name}, std::vector<Matcher>{}}) {
    ChunkRead read;
    read.from_ms = 1;
    read.to_ms = 2;
    read.matchers = asked;
    const auto outcome = run(client_->read_chunks(read, sink, context_));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::rate_limited) << "the store's own outcome";
    EXPECT_EQ(store_.sink, sink);
    std::vector<Matcher> expected = asked;
    expected.push_back(tenant);
    expected.push_back(cluster);
    EXPECT_EQ(store_.reads.back().matchers, expected);
    EXPECT_EQ(store_.reads.back().from_ms, 1);
    EXPECT_EQ(store_.reads.back().to_ms, 2);
  }
  EXPECT_THAT(store_.reads, SizeIs(3));
}

TEST_F(EnforcingClientTest, ReachesEverySelector) {
  enforce({{"tenant", MatchOp::equal, "a\"b"}, {"cluster", MatchOp::regex, "x|y"}});
  const std::string both = R"(tenant="a\"b",cluster=~"x|y")";
  EXPECT_EQ(sent("up"), "up{" + both + "}");
  EXPECT_EQ(sent("up{}"), "up{" + both + "}");
  EXPECT_EQ(sent(R"(sum(rate(x{tenant="z"}[5m])) by (le))"), R"(sum by (le) (rate(x{tenant="z",)" + both + "}[5m]))");
  EXPECT_EQ(sent("a / on (x) group_left (y) b"), "a{" + both + "} / on (x) group_left (y) b{" + both + "}");
  EXPECT_EQ(sent("topk(scalar(n), max_over_time(rate(x[1m])[1h:5m] offset 1d))"),
            "topk(scalar(n{" + both + "}), max_over_time(rate(x{" + both + "}[1m])[1h:5m] offset 24h))");
  EXPECT_EQ(sent(R"(-({__name__=~"a|b"} @ end()))"), R"(-({__name__=~"a|b",)" + both + "} @ end())");
  EXPECT_EQ(sent("1+1"), "1 + 1");
}

TEST_F(EnforcingClientTest, NothingInATextTakesThemAway) {
  enforce(kTenant);
  for (const std::string text :
       {R"(up{tenant="a"})", R"(up{tenant="b"})", R"(up{tenant=~".*"})", R"(up{tenant!="a"})", R"(up{tenant=""})",
        "up{a=\"}#\"}", "up # {tenant=\"a\"}\n + down", R"(label_replace(up, "tenant", "b", "", ""))",
        R"({"tenant"="b","up"})", "up or vector(1)", R"({__name__!=""})", R"(absent(up{tenant="b"}))"}) {
    const auto asked = promql::parse(text);
    ASSERT_TRUE(asked) << text;
    const auto out = sent(text);
    ASSERT_TRUE(out) << text;
    expect_enforced(**asked, *out, Dialect::prometheus);
  }
}

TEST_F(EnforcingClientTest, WhatCannotBeReadIsNotSent) {
  enforce(kTenant);
  for (const char* text : {"", "up{", "up}", "sum(", "{}", R"({a="1" or b="2"})", "up{tenant=\"a\"}} or x", "up;down",
                           "up\xff", "WITH (x = up) x", "info(up)", "INFO(up)", "sum(1 + info(up))",
                           "topk(scalar(info(x)), y)", "(-info(up))", "max_over_time(info(up)[1h:])"}) {
    EXPECT_EQ(sent(text), std::nullopt) << text;
  }
  const auto answer = run(client_->query(InstantQuery("up{", std::nullopt), context_));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("--query.matchers"));
  EXPECT_TRUE(sent(R"(info(up, {__name__="target_info"}))"));
}

TEST_F(EnforcingClientTest, KeepsTheSpellingThatATextCameIn) {
  enforce({{"tenant.id", MatchOp::equal, "a"}});
  EXPECT_EQ(sent(R"({__name__="a.b","service.name"="x"})"), R"({__name__="a.b","service.name"="x","tenant.id"="a"})");
  EXPECT_EQ(sent(R"({__name__="a.b",service\.name="x"})"), R"({__name__="a.b",service\.name="x",tenant\.id="a"})");
  EXPECT_EQ(sent("up"), R"(up{"tenant.id"="a"})");
  store_.kind = StoreIdentity::Kind::victoria_metrics;
  const auto identity = run(client_->identify(context_));
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->kind, StoreIdentity::Kind::victoria_metrics);
  EXPECT_EQ(sent("up"), R"(up{tenant\.id="a"})");
}

TEST_F(EnforcingClientTest, ListingsAreRestrictedToo) {
  enforce(kTenant);
  Listing of;
  of.selectors = {R"({__name__=~".*calls"})", "x"};
  of.start_ms = 5;
  ASSERT_TRUE(run(client_->label_values("le", of, context_)));
  EXPECT_THAT(store_.labels, ElementsAre("le"));
  EXPECT_THAT(store_.listings.at(0).selectors, ElementsAre(R"({__name__=~".*calls",tenant="a"})", R"(x{tenant="a"})"));
  EXPECT_EQ(store_.listings.at(0).start_ms, 5);
  ASSERT_TRUE(run(client_->label_names(Listing(), context_)));
  EXPECT_THAT(store_.listings.at(1).selectors, ElementsAre(R"({tenant="a"})"));

  for (const char* text : {"{", "", "1", "sum(x)", "x or y", "x[5m"}) {
    of.selectors = {"x", text};
    EXPECT_FALSE(run(client_->label_values("le", of, context_))) << text;
    EXPECT_FALSE(run(client_->label_names(of, context_))) << text;
  }
  EXPECT_THAT(store_.listings, SizeIs(2));
}

TEST_F(EnforcingClientTest, AListingOfMatchersThatTakeTheEmptyStringNamesEverything) {
  enforce({{"tenant", MatchOp::not_equal, "b"}, {"cluster", MatchOp::regex, ".*"}});
  ASSERT_TRUE(run(client_->label_names(Listing(), context_)));
  EXPECT_THAT(store_.listings.at(0).selectors, ElementsAre(R"({tenant!="b",cluster=~".*",__name__!=""})"));
}

TEST_F(EnforcingClientTest, ForwardsNothing) {
  enforce(kTenant);
  const auto answer = run(client_->forward("/api/v1/query", "query=up", context_));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::query_rejected);
  EXPECT_THAT(answer.error().message, HasSubstr("--query.matchers"));
  EXPECT_EQ(store_.others, 0U);
  EXPECT_TRUE(run(client_->probe(context_.deadline)));
}

/// Random trees of the whole grammar, with selectors in every place where one can stand.
class RandomTrees {
 public:
  explicit RandomTrees(std::uint32_t seed) : random_(seed) {}

  promql::ExprPtr vector(int depth) {
    auto expr = std::make_unique<promql::Expr>();
    switch (depth <= 0 ? 0 : pick(8)) {
      case 1: {
        promql::Call call;
        call.function = one_of({"rate", "increase", "max_over_time"});
        call.arguments.push_back(range(depth - 1));
        expr->node = std::move(call);
        break;
      }
      case 2: {
        promql::Aggregation node;
        node.op = one_of({"sum", "max", "count"});
        node.of = vector(depth - 1);
        if (pick(2) == 0) node.grouping = promql::Grouping{pick(2) == 0, {label(), "le"}};
        expr->node = std::move(node);
        break;
      }
      case 3: {
        promql::Aggregation node;
        node.op = one_of({"topk", "quantile"});
        promql::Call scalar;
        scalar.function = "scalar";
        scalar.arguments.push_back(vector(depth - 1));
        node.parameter = std::make_unique<promql::Expr>();
        node.parameter->node = std::move(scalar);
        node.of = vector(depth - 1);
        expr->node = std::move(node);
        break;
      }
      case 4: {
        promql::Binary node;
        node.op = pick(2) == 0 ? promql::BinaryOp::divide : promql::BinaryOp::logical_or;
        if (pick(2) == 0) node.matching = promql::VectorMatching{pick(2) == 0, {label()}, {}, {}};
        node.left = grouped(depth - 1);
        node.right = grouped(depth - 1);
        expr->node = std::move(node);
        break;
      }
      case 5: {
        promql::Unary node;
        node.of = grouped(depth - 1);
        expr->node = std::move(node);
        break;
      }
      case 6: {
        promql::Call call;
        call.function = "label_replace";
        call.arguments.push_back(vector(depth - 1));
        for (int i = 0; i < 4; ++i) {
          call.arguments.push_back(std::make_unique<promql::Expr>());
          call.arguments.back()->node = promql::String{value()};
        }
        expr->node = std::move(call);
        break;
      }
      case 7:
        return grouped(depth - 1);
      default:
        expr->node = selector();
        break;
    }
    return expr;
  }

 private:
  std::size_t pick(std::size_t bound) { return random_() % bound; }
  std::string one_of(std::vector<std::string> words) { return words[pick(words.size())]; }
  std::string label() { return one_of({"tenant", "a", "service.name", "cluster", "le", "by", "é", "x y"}); }
  std::string value() {
    std::string out;
    for (std::size_t length = pick(8); length > 0; --length) {
      out += one_of({"a", "\"", "\\", "}", "{", "#", "\n", "'", "`", ",", "=", "tenant", "é", "\x01", "(", "["});
    }
    return out;
  }

  promql::Selector selector() {
    promql::Selector node;
    node.name = one_of({"x", "sum", "a:b", "a.b", "by", "up", "é", "x\"}y"});
    for (std::size_t count = pick(4); count > 0; --count) {
      const auto op = static_cast<MatchOp>(pick(4));
      const bool regex = op == MatchOp::regex || op == MatchOp::not_regex;
      node.matchers.push_back(Matcher{label(), op, regex ? promql::quote_regex(value()) : value()});
    }
    if (pick(4) == 0) node.modifiers.offset_ms = 60'000;
    if (pick(4) == 0) node.modifiers.at = promql::At{promql::At::Kind::end, 0};
    return node;
  }

  promql::ExprPtr grouped(int depth) {
    promql::Parentheses node;
    node.of = vector(depth);
    auto expr = std::make_unique<promql::Expr>();
    expr->node = std::move(node);
    return expr;
  }

  promql::ExprPtr range(int depth) {
    auto expr = std::make_unique<promql::Expr>();
    if (pick(2) == 0) {
      promql::Selector node = selector();
      node.range_ms = 300'000;
      expr->node = std::move(node);
      return expr;
    }
    promql::Subquery node;
    node.of = grouped(depth);
    node.range_ms = 3'600'000;
    node.step_ms = pick(2) == 0 ? 0 : 60'000;
    expr->node = std::move(node);
    return expr;
  }

  std::mt19937 random_;
};

TEST_F(EnforcingClientTest, HoldsForRandomTreesInBothSpellings) {
  enforce({{"tenant", MatchOp::equal, "a\"}#"}, {"cluster.name", MatchOp::not_regex, "x|y\\."}});
  RandomTrees trees(4711);
  std::size_t selectors = 0;
  for (int i = 0; i < 1'500; ++i) {
    const promql::ExprPtr asked = trees.vector(5);
    for (const Dialect dialect : {Dialect::prometheus, Dialect::victoria_metrics}) {
      const std::string text = promql::print(*asked, dialect);
      const auto out = sent(text);
      ASSERT_TRUE(out) << text;
      // A text that both spellings share leaves in Prometheus'.
      const bool shared = promql::parse(text, Dialect::prometheus).has_value();
      expect_enforced(*asked, *out, shared ? Dialect::prometheus : Dialect::victoria_metrics);
      if (HasFailure()) return;
    }
    selectors += promql::selectors(*asked).size();
  }
  EXPECT_GT(selectors, 3'000U);
}

TEST_F(EnforcingClientTest, MutilatedTextsAreEnforcedOrNotSent) {
  enforce(kTenant);
  std::mt19937 random(815);
  RandomTrees trees(815);
  const std::string bytes = "{}()[]\",=~!#\\'` \nax1:@-";
  std::size_t sent_count = 0;
  for (int i = 0; i < 4'000; ++i) {
    std::string text = promql::print(*trees.vector(3));
    for (std::size_t hits = 1 + random() % 3; hits > 0; --hits) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = bytes[random() % bytes.size()];
      } else {
        text.insert(at, 1, bytes[random() % bytes.size()]);
      }
    }
    const auto out = sent(text);
    if (!out) continue;
    ++sent_count;
    const auto tree = promql::parse(*out, Dialect::prometheus);
    const auto other = promql::parse(*out, Dialect::victoria_metrics);
    ASSERT_TRUE(tree || other) << *out;
    for (const promql::Expr* selector : promql::selectors(tree ? **tree : **other)) {
      ASSERT_THAT(selector->as<promql::Selector>()->matchers, ::testing::Contains(kTenant[0]))
          << text << " -> " << *out;
    }
  }
  EXPECT_GT(sent_count, 200U);
}

TEST_F(EnforcingClientTest, HoldsForEveryTextThatIsBuilt) {
  enforce({{"tenant", MatchOp::equal, "a"}, {"cluster", MatchOp::regex, "x|y"}});
  std::size_t built = 0;
  for (const Dialect dialect : {Dialect::prometheus, Dialect::victoria_metrics}) {
    for (const bool dotted : {false, true}) {
      for (const bool native : {false, true}) {
        for (const bool grouped : {false, true}) {
          for (const auto which :
               {model::MetricKind::latency, model::MetricKind::call_rate, model::MetricKind::error_rate}) {
            model::MetricNames names;
            if (dotted) {
              names.calls = "traces.span.metrics.calls";
              names.bucket = "traces.span.metrics.duration_bucket";
              names.service_label = "service.name";
              names.operation_label = "span.name";
              names.kind_label = "span.kind";
              names.status_label = "status.code";
            }
            if (native) names.native_histogram = dotted ? "traces.span.metrics.duration" : "spans_duration";
            names.membership = {model::LabelPresence{"operation", false}};
            model::MetricQuery query;
            query.services = {"front\"end}", "b{tenant=\"b\"}"};
            query.group_by_operation = grouped;
            query.span_kinds = {model::SpanKind::server};
            query.tags = {model::Label{"tenant", "b"}};
            query.quantile = 0.95;
            query.rate_window_ms = 600'000;
            promql::BuildOptions options;
            options.dialect = dialect;
            options.extra_matchers = {Matcher{"tenant", MatchOp::equal, "b"}};
            const auto text =
                promql::build(promql::TemplateSet::built_in(), names, query, query.services, which, options);
            if (!text) continue;
            ++built;
            auto asked = promql::parse(*text, dialect);
            ASSERT_TRUE(asked) << *text;
            const auto out = sent(*text);
            ASSERT_TRUE(out) << *text;
            const bool shared = promql::parse(*text, Dialect::prometheus).has_value();
            expect_enforced(**asked, *out, shared ? Dialect::prometheus : Dialect::victoria_metrics);
          }
        }
      }
    }
  }
  EXPECT_GE(built, 40U);
}

}  // namespace
}  // namespace spm::prometheus
