#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include <spm/base/utf8.hpp>
#include <spm/prometheus/enforcing_client.hpp>
#include <spm/promql/add_matchers.hpp>
#include <spm/promql/parser.hpp>
#include <spm/promql/text.hpp>

namespace spm::prometheus {
namespace {

namespace asio = boost::asio;
using base::ErrorKind;
using promql::Dialect;

/// Prometheus 3's info() selects series of its own where its second argument is missing; no matcher can be put there.
bool selects_by_itself(const promql::Expr& expr);

bool selects_by_itself(const promql::ExprPtr& expr) { return expr && selects_by_itself(*expr); }

bool selects_by_itself(const promql::Expr& expr) {
  if (const auto* call = expr.as<promql::Call>()) {
    std::string name = call->function;
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    if (name == "info" && call->arguments.size() < 2) return true;
    return std::ranges::any_of(call->arguments, [](const promql::ExprPtr& part) { return selects_by_itself(part); });
  }
  if (const auto* node = expr.as<promql::Subquery>()) return selects_by_itself(node->of);
  if (const auto* node = expr.as<promql::Aggregation>()) {
    return selects_by_itself(node->parameter) || selects_by_itself(node->of);
  }
  if (const auto* node = expr.as<promql::Unary>()) return selects_by_itself(node->of);
  if (const auto* node = expr.as<promql::Binary>()) {
    return selects_by_itself(node->left) || selects_by_itself(node->right);
  }
  if (const auto* node = expr.as<promql::Parentheses>()) return selects_by_itself(node->of);
  return false;
}

base::Error refusal(const std::string& text, const std::string& why) {
  constexpr std::size_t kShown = 300;
  return base::Error(ErrorKind::internal, "a query cannot be restricted to the matchers of --query.matchers: " + why)
      .with_detail(base::printable(text, kShown));
}

class EnforcingClient final : public PrometheusClient {
 public:
  EnforcingClient(PrometheusClient& store, std::vector<promql::Matcher> matchers)
      : store_(store),
        matchers_(std::move(matchers)),
        spelling_matters_(std::ranges::any_of(
            matchers_, [](const promql::Matcher& matcher) { return !promql::is_identifier(matcher.label); })) {}

  asio::awaitable<base::Result<RangeAnswer>> query_range(RangeQuery query, const base::CallContext& context) override {
    co_await learn_dialect(context);
    base::Result<std::string> text = enforced(query.text);
    if (!text) co_return base::fail(std::move(text.error()));
    query.text = std::move(*text);
    co_return co_await store_.query_range(std::move(query), context);
  }

  asio::awaitable<base::Result<InstantAnswer>> query(InstantQuery query, const base::CallContext& context) override {
    co_await learn_dialect(context);
    base::Result<std::string> text = enforced(query.text);
    if (!text) co_return base::fail(std::move(text.error()));
    query.text = std::move(*text);
    co_return co_await store_.query(std::move(query), context);
  }

  asio::awaitable<base::Result<ListAnswer>> label_values(std::string label, Listing of,
                                                         const base::CallContext& context) override {
    co_await learn_dialect(context);
    base::Result<void> done = enforce(of);
    if (!done) co_return base::fail(std::move(done.error()));
    co_return co_await store_.label_values(std::move(label), std::move(of), context);
  }

  asio::awaitable<base::Result<ListAnswer>> label_names(Listing of, const base::CallContext& context) override {
    co_await learn_dialect(context);
    base::Result<void> done = enforce(of);
    if (!done) co_return base::fail(std::move(done.error()));
    co_return co_await store_.label_names(std::move(of), context);
  }

  asio::awaitable<base::Result<void>> read_chunks(ChunkRead query, std::shared_ptr<ByteSink> sink,
                                                  const base::CallContext& context) override {
    query.matchers.insert(query.matchers.end(), matchers_.begin(), matchers_.end());
    co_return co_await store_.read_chunks(std::move(query), std::move(sink), context);
  }

  asio::awaitable<base::Result<StoreIdentity>> identify(const base::CallContext& context) override {
    base::Result<StoreIdentity> identity = co_await store_.identify(context);
    if (identity) {
      victoria_metrics_ = identity->kind == StoreIdentity::Kind::victoria_metrics;
      dialect_known_ = true;
    }
    co_return identity;
  }

  asio::awaitable<base::Result<RawAnswer>> forward(std::string /*path*/, std::string /*form*/,
                                                   const base::CallContext& /*context*/) override {
    co_return base::fail(ErrorKind::query_rejected,
                         "this service only answers queries that it knows: --query.matchers restricts what may be "
                         "read, and other queries cannot be sent on with that restriction");
  }

  std::uint64_t ended_connections() const override { return store_.ended_connections(); }

  asio::awaitable<base::Result<void>> probe(base::Deadline deadline) override {
    co_return co_await store_.probe(deadline);
  }

 private:
  /// A matcher whose label needs quoting is spelled differently by different stores: ask once which one this is. Where
  /// the store does not answer, what follows fails with better words.
  asio::awaitable<void> learn_dialect(const base::CallContext& context) {
    if (!spelling_matters_ || dialect_known_) co_return;
    static_cast<void>(co_await identify(context));
  }

  Dialect stores_dialect() const noexcept {
    return victoria_metrics_ ? Dialect::victoria_metrics : Dialect::prometheus;
  }

  base::Result<std::string> enforced(const std::string& text, bool only_a_selector = false) const {
    Dialect dialect = stores_dialect();
    auto tree = promql::parse(text, Dialect::prometheus);
    if (!tree) {
      // A backslash in a name is an error in Prometheus' spelling: no text means different things in both.
      auto other = promql::parse(text, Dialect::victoria_metrics);
      if (!other) return base::fail(refusal(text, tree.error().reason));
      tree = std::move(other);
      dialect = Dialect::victoria_metrics;
    }
    promql::Expr& expr = **tree;
    if (only_a_selector && expr.as<promql::Selector>() == nullptr) return base::fail(refusal(text, "not a selector"));
    if (selects_by_itself(expr)) return base::fail(refusal(text, "info() without its second argument selects freely"));
    promql::add_matchers(expr, matchers_);
    return promql::print(expr, dialect);
  }

  base::Result<void> enforce(Listing& of) const {
    if (of.selectors.empty()) {
      of.selectors.push_back(promql::selector_of(matchers_, stores_dialect()));
      return {};
    }
    for (std::string& selector : of.selectors) {
      base::Result<std::string> text = enforced(selector, true);
      if (!text) return base::fail(std::move(text.error()));
      selector = std::move(*text);
    }
    return {};
  }

  PrometheusClient& store_;
  const std::vector<promql::Matcher> matchers_;
  const bool spelling_matters_;
  std::atomic<bool> dialect_known_{false};
  std::atomic<bool> victoria_metrics_{false};
};

}  // namespace

std::unique_ptr<PrometheusClient> create_enforcing_client(PrometheusClient& store,
                                                          std::vector<promql::Matcher> matchers) {
  return std::make_unique<EnforcingClient>(store, std::move(matchers));
}

}  // namespace spm::prometheus
