#include <atomic>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/base/clock.hpp>

#include "discover_fixture.hpp"

/// What is kept, for whom, and when the store is asked again.
namespace spm::schema {
namespace {

namespace asio = boost::asio;
using base::CallContext;
using base::Result;
using model::MetricKind;
using std::chrono::seconds;
using testing::HasSubstr;

class StandingClock final : public base::WallClock {
 public:
  std::int64_t now_ms() const noexcept override { return now.load(); }
  std::atomic<std::int64_t> now = kNow;
};

CallContext caller(std::string token = "", std::chrono::milliseconds patience = seconds(20)) {
  CallContext context(base::Deadline::after(patience));
  context.bearer_token = std::move(token);
  return context;
}

model::TimeGrid last_hour() { return {kNow - kHour, kMinute, 61}; }

/// A discovery on one thread that runs only while a test waits for something.
class DiscoveryTest : public DiscoverTest {
 protected:
  using Asked = std::shared_ptr<std::optional<Result<SchemaPtr>>>;

  void SetUp() override {
    options_.monotonic = [this] { return steady_; };
    discovery_ = create_discovery(options_, store_, *log_, clock_, io_.get_executor());
  }
  void create_with(DiscoveryOptions options) {
    options.monotonic = [this] { return steady_; };
    discovery_ = create_discovery(std::move(options), store_, *log_, clock_, io_.get_executor());
  }

  /// Starts a request without running anything.
  Asked begin(CallContext& context, MetricKind kind = MetricKind::call_rate,
              asio::cancellation_signal* cancel = nullptr) {
    auto asked = std::make_shared<std::optional<Result<SchemaPtr>>>();
    auto done = [asked](const std::exception_ptr& problem, Result<SchemaPtr> outcome) {
      if (!problem) asked->emplace(std::move(outcome));
    };
    if (cancel != nullptr) {
      asio::co_spawn(io_, discovery_->schema(kind, context), asio::bind_cancellation_slot(cancel->slot(), done));
    } else {
      asio::co_spawn(io_, discovery_->schema(kind, context), done);
    }
    return asked;
  }
  void run() {
    io_.restart();
    io_.run();
  }
  void poll() {
    io_.restart();
    io_.poll();
  }
  Result<SchemaPtr> ask(CallContext context, MetricKind kind = MetricKind::call_rate) {
    const Asked asked = begin(context, kind);
    run();
    EXPECT_TRUE(*asked);
    return *asked ? **asked : base::fail(base::ErrorKind::internal, "never answered");
  }
  SchemaPtr known(MetricKind kind = MetricKind::call_rate) {
    auto found = ask(caller(), kind);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return found ? *found : std::make_shared<StoreSchema>();
  }
  SchemaPtr after_empty(SchemaPtr used, model::TimeGrid asked, std::string token = "") {
    CallContext context = caller(std::move(token));
    auto answer = asio::co_spawn(io_, discovery_->after_empty(std::move(used), asked, context), asio::use_future);
    run();
    auto found = answer.get();
    EXPECT_TRUE(found);
    return found ? *found : nullptr;
  }

  void later(seconds by) {
    steady_ += by;
    clock_.now += std::chrono::milliseconds(by).count();
  }

  std::chrono::steady_clock::time_point steady_ = std::chrono::steady_clock::now();
  StandingClock clock_;
  std::shared_ptr<std::string> lines_ = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log_ = telemetry::Log::to_memory(lines_);
  asio::io_context io_{1};
  std::unique_ptr<Discovery> discovery_;
};

TEST_F(DiscoveryTest, KnowledgeIsKept) {
  live().write_to(store_);
  EXPECT_EQ(known()->family()->names.calls, "traces_span_metrics_calls_total");
  const std::size_t requests = store_.requests().size();
  known();
  known();
  EXPECT_EQ(store_.requests().size(), requests);
}

TEST_F(DiscoveryTest, FirstRequestsWaitForOneDiscovery) {
  live().write_to(store_);
  store_.hold();
  CallContext context = caller();
  const Asked first = begin(context);
  const Asked second = begin(context);
  const Asked third = begin(context);
  poll();
  EXPECT_EQ(store_.requests().size(), 1U);
  EXPECT_FALSE(*first);
  store_.release();
  run();
  ASSERT_TRUE(*first && *second && *third);
  EXPECT_EQ(store_.count("values __name__"), 1U);
  EXPECT_EQ(***first, ***third);
}

TEST_F(DiscoveryTest, ACallerThatLeavesTakesNothingFromTheOthers) {
  live().write_to(store_);
  store_.hold();
  CallContext context = caller();
  asio::cancellation_signal leave;
  const Asked leaver = begin(context, MetricKind::call_rate, &leave);
  const Asked stayer = begin(context);
  poll();
  leave.emit(asio::cancellation_type::terminal);
  poll();
  EXPECT_FALSE(*stayer);
  store_.release();
  run();
  ASSERT_TRUE(*stayer);
  EXPECT_TRUE(**stayer);
  EXPECT_EQ(store_.count("values __name__"), 1U);
}

TEST_F(DiscoveryTest, ACallerWaitsUntilItsOwnDeadlineOnly) {
  live().write_to(store_);
  store_.hold();
  CallContext hasty = caller("", std::chrono::milliseconds(0));
  CallContext patient = caller();
  const Asked early = begin(hasty);
  const Asked late = begin(patient);
  poll();
  ASSERT_TRUE(*early);
  EXPECT_EQ((**early).error().kind, base::ErrorKind::deadline_exceeded);
  EXPECT_FALSE(*late);
  store_.release();
  run();
  EXPECT_TRUE(**late);
}

TEST_F(DiscoveryTest, EachCredentialAndParameterHasItsOwnKnowledge) {
  live().write_to(store_);
  ASSERT_TRUE(ask(caller("alpha")));
  for (const FakeRequest& request : store_.requests()) EXPECT_EQ(request.token, "alpha");
  ASSERT_TRUE(ask(caller("alpha")));
  EXPECT_EQ(store_.count("values __name__"), 1U);
  ASSERT_TRUE(ask(caller("beta")));
  EXPECT_EQ(store_.count("values __name__"), 2U);
  CallContext with_parameter = caller("beta");
  with_parameter.store_parameters = {{"extra_label", "tenant=b"}};
  ASSERT_TRUE(ask(with_parameter));
  EXPECT_EQ(store_.count("values __name__"), 3U);
  EXPECT_EQ(store_.requests().back().parameters, with_parameter.store_parameters);
}

TEST_F(DiscoveryTest, AtMostSoManyCallersAreKnown) {
  DiscoveryOptions options;
  options.max_known = 2;
  create_with(options);
  live().write_to(store_);
  for (const char* token : {"a", "b", "c", "b", "c"}) ASSERT_TRUE(ask(caller(token)));
  EXPECT_EQ(store_.count("values __name__"), 3U);
  ASSERT_TRUE(ask(caller("a")));
  EXPECT_EQ(store_.count("values __name__"), 4U);
}

TEST_F(DiscoveryTest, OldKnowledgeAnswersAtOnceAndIsRenewedBehind) {
  live().write_to(store_);
  const SchemaPtr first = known();
  later(seconds(299));
  known();
  EXPECT_EQ(store_.count("values __name__"), 1U);
  store_.clear();
  FakeProducer other = until(kNow + 10 * kMinute);
  other.calls = "signoz_calls_total";
  other.histogram = "signoz_latency";
  other.write_to(store_);
  later(seconds(1));
  EXPECT_EQ(known(), first);
  EXPECT_EQ(known()->family()->names.calls, "signoz_calls_total");
  EXPECT_EQ(store_.count("values __name__"), 2U);
  EXPECT_THAT(*lines_, HasSubstr("signoz_calls_total"));
}

TEST_F(DiscoveryTest, AFailingProbeKeepsTheLastGoodAnswer) {
  live().write_to(store_);
  const SchemaPtr first = known();
  store_.fails = [](const FakeRequest&) { return base::Error(base::ErrorKind::store_unreachable, "down"); };
  later(seconds(400));
  EXPECT_EQ(known(), first);
  EXPECT_EQ(known(), first);
  EXPECT_THAT(*lines_, HasSubstr("down"));
}

TEST_F(DiscoveryTest, BeforeTheFirstGoodAnswerTheStoresErrorIsTheAnswer) {
  live().write_to(store_);
  store_.fails = [](const FakeRequest&) { return base::Error(base::ErrorKind::store_unreachable, "down"); };
  const auto failed = ask(caller());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, base::ErrorKind::store_unreachable);
  store_.fails = nullptr;
  EXPECT_TRUE(ask(caller()));  // at once
}

TEST_F(DiscoveryTest, EmptyAnswersLookAgainAtMostEveryHalfMinute) {
  live().write_to(store_);
  const SchemaPtr used = known();
  EXPECT_EQ(after_empty(used, last_hour()), nullptr);
  EXPECT_EQ(store_.count("values __name__"), 1U);
  later(seconds(30));
  EXPECT_EQ(after_empty(used, last_hour()), nullptr);  // nothing has changed: an unknown service
  EXPECT_EQ(store_.count("values __name__"), 2U);
  later(seconds(29));
  EXPECT_EQ(after_empty(used, last_hour()), nullptr);
  EXPECT_EQ(store_.count("values __name__"), 2U);
}

TEST_F(DiscoveryTest, EmptyAnswersFindNewNames) {
  live().write_to(store_);
  const SchemaPtr used = known();
  store_.clear();
  FakeProducer other = until(kNow + kMinute);
  other.calls = "signoz_calls_total";
  other.histogram = "signoz_latency";
  other.write_to(store_);
  later(seconds(31));
  const SchemaPtr now = after_empty(used, last_hour());
  ASSERT_NE(now, nullptr);
  EXPECT_EQ(now->family()->names.calls, "signoz_calls_total");
  // Somebody who still used the old names learns the new ones without another question.
  const std::size_t requests = store_.requests().size();
  EXPECT_EQ(after_empty(used, last_hour()), now);
  EXPECT_EQ(store_.requests().size(), requests);
}

TEST_F(DiscoveryTest, EmptyAnswersShareOneDiscovery) {
  live().write_to(store_);
  const SchemaPtr used = known();
  later(seconds(31));
  store_.hold();
  store_.forget_requests();
  CallContext context = caller();
  auto first = asio::co_spawn(io_, discovery_->after_empty(used, last_hour(), context), asio::use_future);
  auto second = asio::co_spawn(io_, discovery_->after_empty(used, last_hour(), context), asio::use_future);
  poll();
  EXPECT_EQ(store_.requests().size(), 1U);
  store_.release();
  run();
  EXPECT_EQ(*first.get(), nullptr);
  EXPECT_EQ(*second.get(), nullptr);
  EXPECT_EQ(store_.count("values __name__"), 1U);
}

TEST_F(DiscoveryTest, ARangeOutsideTheWindowIsLookedAtOnce) {
  live().write_to(store_);
  FakeProducer old = until(kNow - 100 * kHour);
  old.calls = "signoz_calls_total";
  old.histogram = "signoz_latency";
  old.write_to(store_);
  const SchemaPtr used = known();
  const model::TimeGrid then{kNow - 101 * kHour, kMinute, 61};
  const SchemaPtr of_then = after_empty(used, then);
  ASSERT_NE(of_then, nullptr);
  EXPECT_EQ(of_then->family()->names.calls, "signoz_calls_total");
  const std::size_t requests = store_.requests().size();
  EXPECT_EQ(after_empty(used, then), of_then);
  EXPECT_EQ(store_.requests().size(), requests);
  EXPECT_EQ(known(), used);  // for the present nothing has changed

  const model::TimeGrid never{kNow - 1000 * kHour, kMinute, 61};
  EXPECT_EQ(after_empty(used, never), nullptr);
  const std::size_t tried = store_.requests().size();
  EXPECT_GT(tried, requests);
  EXPECT_EQ(after_empty(used, never), nullptr);
  EXPECT_EQ(store_.requests().size(), tried);
}

TEST_F(DiscoveryTest, OfTwoStatusLabelsTheOlderAnswersForTimesBeforeTheNewer) {
  until(kNow - 20 * kMinute).write_to(store_);
  FakeProducer newer = live(18 * kMinute);
  newer.status = "otel_status_code";
  newer.error = "ERROR";
  newer.unset = "";
  newer.write_to(store_);
  const SchemaPtr used = known();
  EXPECT_EQ(used->family()->names.status_label, "otel_status_code");
  const std::size_t requests = store_.requests().size();
  const SchemaPtr earlier = after_empty(used, {kNow - 40 * kMinute, kMinute, 15});
  ASSERT_NE(earlier, nullptr);
  EXPECT_EQ(earlier->family()->names.status_label, "status_code");
  EXPECT_EQ(store_.requests().size(), requests);
}

TEST_F(DiscoveryTest, StatusLabelsAreLookedForOnceAMinuteWhileErrorRatesAreAsked) {
  FakeProducer without = live();
  without.status.clear();
  without.write_to(store_);
  EXPECT_EQ(known(MetricKind::error_rate)->family()->names.status_label, "");
  const std::size_t requests = store_.requests().size();
  later(seconds(50));
  known(MetricKind::error_rate);
  EXPECT_EQ(store_.requests().size(), requests);
  later(seconds(10));
  known(MetricKind::call_rate);
  EXPECT_EQ(store_.requests().size(), requests);
  known(MetricKind::error_rate);
  EXPECT_EQ(store_.requests().size(), requests + 1);  // the labels, and nothing more

  FakeProducer failing = until(kNow + 5 * kMinute);
  failing.status = "otel_status_code";
  failing.error = "ERROR";
  failing.unset = "";
  failing.write_to(store_);
  later(seconds(60));
  const SchemaPtr told = known(MetricKind::error_rate);
  EXPECT_EQ(told->family()->names.status_label, "otel_status_code");
  EXPECT_THAT(told->family()->names.error_values, testing::ElementsAre("ERROR"));
}

TEST_F(DiscoveryTest, AnErrorValueThatAppearsIsTakenOver) {
  FakeProducer healthy = live();
  healthy.with_errors = false;
  healthy.write_to(store_);
  EXPECT_EQ(known(MetricKind::error_rate)->family()->names.error_values.size(), 4U);
  until(kNow + 5 * kMinute).write_to(store_);
  later(seconds(60));
  store_.forget_requests();
  EXPECT_THAT(known(MetricKind::error_rate)->family()->names.error_values, testing::ElementsAre("STATUS_CODE_ERROR"));
  EXPECT_EQ(store_.requests().size(), 2U);
  later(seconds(60));
  known(MetricKind::error_rate);
  EXPECT_EQ(store_.requests().size(), 2U);  // known now
}

TEST_F(DiscoveryTest, WithErrorsGivenNothingIsLookedFor) {
  DiscoveryOptions options;
  options.errors_given = true;
  create_with(options);
  FakeProducer without = live();
  without.status.clear();
  without.write_to(store_);
  known(MetricKind::error_rate);
  const std::size_t requests = store_.requests().size();
  later(seconds(120));
  known(MetricKind::error_rate);
  EXPECT_EQ(store_.requests().size(), requests);
}

TEST_F(DiscoveryTest, WhereNothingWasFoundItIsLookedForAgainSoon) {
  EXPECT_EQ(known()->family(), nullptr);
  EXPECT_THAT(*lines_, HasSubstr("no span metrics found"));
  const std::size_t requests = store_.requests().size();
  later(seconds(29));
  EXPECT_EQ(known()->family(), nullptr);
  EXPECT_EQ(store_.requests().size(), requests);
  until(kNow + kMinute).write_to(store_);
  later(seconds(1));
  EXPECT_NE(known()->family(), nullptr);
}

TEST_F(DiscoveryTest, TheProbeLooksWithOwnCredentialsAndEndsWhenCancelled) {
  live().write_to(store_);
  asio::cancellation_signal stop;
  bool ended = false;
  asio::co_spawn(io_, discovery_->run(),
                 asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) { ended = true; }));
  while (store_.requests().size() < 7) io_.run_one();
  for (const FakeRequest& request : store_.requests()) EXPECT_EQ(request.token, "");
  poll();
  stop.emit(asio::cancellation_type::all);
  run();
  EXPECT_TRUE(ended);
  // What is known still answers; nothing new is begun.
  EXPECT_TRUE(ask(caller()));
  const auto late = ask(caller("new"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, base::ErrorKind::shutting_down);
}

TEST_F(DiscoveryTest, AStopEndsADiscoveryUnderWayAndLeavesNobodyWaiting) {
  live().write_to(store_);
  store_.hold();
  CallContext context = caller("tenant");
  const Asked asked = begin(context);
  poll();
  discovery_.reset();
  store_.release();
  run();
  ASSERT_TRUE(*asked);
}

TEST_F(DiscoveryTest, WhereOwnCredentialsAreRefusedCallersDiscoverWithTheirs) {
  live().write_to(store_);
  store_.fails = [](const FakeRequest& request) -> std::optional<base::Error> {
    if (!request.token.empty()) return std::nullopt;
    return base::Error(base::ErrorKind::store_refused_us, "403");
  };
  asio::cancellation_signal stop;
  asio::co_spawn(io_, discovery_->run(), asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
  poll();
  CallContext tenant = caller("tenant");
  const Asked first = begin(tenant);
  const Asked second = begin(tenant);
  poll();
  ASSERT_TRUE(*first && *second);
  EXPECT_TRUE(**first);
  EXPECT_TRUE(**second);
  EXPECT_EQ(store_.count("values __name__"), 2U);  // the refused probe, and one for the tenant
  EXPECT_THAT(*lines_, HasSubstr("level=info"));
  EXPECT_EQ(lines_->find("tenant"), std::string::npos);
  stop.emit(asio::cancellation_type::all);
  run();
}

/// Many callers on many threads while knowledge changes; for the thread sanitizer.
TEST(DiscoveryThreads, ManyCallersShareWhatIsKnown) {
  FakeStore store;
  FakeProducer producer;
  producer.from_ms = kNow - 2 * kHour;
  producer.until_ms = kNow;
  producer.write_to(store);
  StandingClock clock;
  const auto log = telemetry::Log::to_memory(std::make_shared<std::string>());
  std::atomic<std::int64_t> ticks = 0;
  DiscoveryOptions options;
  options.max_known = 3;
  options.monotonic = [&] { return std::chrono::steady_clock::time_point(seconds(ticks.fetch_add(1))); };

  asio::io_context io(4);
  const auto discovery = create_discovery(options, store, *log, clock, io.get_executor());
  std::atomic<int> good = 0;
  constexpr int kCallers = 120;
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
  for (int i = 0; i < kCallers; ++i) {
    signals.push_back(std::make_unique<asio::cancellation_signal>());
    const auto strand = asio::make_strand(io);
    auto call = [](Discovery& from, int number) -> asio::awaitable<bool> {
      const CallContext context = caller("tenant" + std::to_string(number % 5));
      Result<SchemaPtr> found = co_await from.schema(MetricKind::error_rate, context);
      if (!found) co_return false;
      Result<SchemaPtr> again = co_await from.after_empty(*found, last_hour(), context);
      co_return again.has_value();
    };
    asio::co_spawn(
        strand, call(*discovery, i),
        asio::bind_cancellation_slot(signals.back()->slot(), [&](const std::exception_ptr& problem, bool ok) {
          if (!problem && ok) ++good;
        }));
    if (i % 7 == 0) {
      asio::post(strand, [signal = signals.back().get()] { signal->emit(asio::cancellation_type::terminal); });
    }
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { io.run(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(good, kCallers - kCallers / 7 - 1);
}

}  // namespace
}  // namespace spm::schema
