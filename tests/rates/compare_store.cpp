// What the reader of rates finds out about a store, for the test against real ones.
//
//   compare_store URL METRIC TO_MS LABEL=VALUE|- LABEL[,LABEL...]...
//
// Compares by the counter METRIC, its series with LABEL=VALUE ("-": all), until TO_MS ("-": until now), with each of
// the groupings; prints what the first comparison found:
//
//   STATE closed|left_open|- older|newer|- plain|compensated|- raise|ignore_small_gaps|-
//
// and the reason on a second line.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <spm/base/clock.hpp>
#include <spm/prometheus/http_client.hpp>
#include <spm/rates/rate_reader.hpp>

namespace {

namespace asio = boost::asio;
using spm::rates::ComparisonSubject;
using spm::rates::ReaderStatus;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "compare_store: %s\n", what.c_str());
  std::exit(1);
}

spm::rates::Grouping split(const std::string& text) {
  spm::rates::Grouping labels;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    labels.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return labels;
}

ComparisonSubject subject_of(const std::vector<std::string>& arguments) {
  ComparisonSubject subject;
  subject.metric = arguments[1];
  if (arguments[2] != "-") subject.to_ms = std::strtoll(arguments[2].c_str(), nullptr, 10);
  if (arguments[3] != "-") {
    const std::size_t equals = arguments[3].find('=');
    if (equals == std::string::npos) die("LABEL=VALUE is wanted, not " + arguments[3]);
    subject.matchers.push_back(
        {arguments[3].substr(0, equals), spm::promql::MatchOp::equal, arguments[3].substr(equals + 1)});
  }
  for (std::size_t i = 4; i < arguments.size(); ++i) subject.groupings.push_back(split(arguments[i]));
  return subject;
}

class OneSubject final : public spm::rates::ComparisonSubjects {
 public:
  explicit OneSubject(ComparisonSubject subject) : subject_(std::move(subject)) {}

  asio::awaitable<spm::base::Result<std::optional<ComparisonSubject>>> subject(
      const spm::base::CallContext& /*context*/) override {
    std::optional<ComparisonSubject> copy(subject_);
    co_return std::move(copy);
  }

 private:
  ComparisonSubject subject_;
};

void print(const ReaderStatus& status) {
  using namespace spm::rates;
  std::string line(name_of(status.chunks));
  if (const auto& variant = status.variant) {
    line += variant->window_start == WindowStart::closed ? " closed" : " left_open";
    line += variant->extrapolation == Extrapolation::older ? " older" : " newer";
    line += variant->summation == Summation::plain ? " plain" : " compensated";
  } else {
    line += " - - -";
  }
  line += !status.repair ? " -" : *status.repair == BucketRepair::raise ? " raise" : " ignore_small_gaps";
  std::printf("%s\n%s\n", line.c_str(), status.reason.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 5) die("usage: compare_store URL METRIC TO_MS LABEL=VALUE|- LABEL[,LABEL...]...");

  asio::io_context io;
  spm::telemetry::Metrics metrics;
  auto log = spm::telemetry::Log::open({});
  if (!log) die(log.error().message);
  auto url = spm::prometheus::parse_store_url(arguments[0]);
  if (!url) die(url.error().message);
  spm::prometheus::StoreOptions options;
  options.url = std::move(*url);
  auto store = spm::prometheus::create_http_prometheus_client(std::move(options), io.get_executor(), metrics, **log);
  if (!store) die(store.error().message);

  const spm::base::SystemWallClock clock;
  OneSubject subjects(subject_of(arguments));
  const spm::rates::RateReaderGround ground{**store, subjects, io.get_executor(), clock, metrics, **log};
  auto reader = spm::rates::create_rate_reader({}, ground);

  asio::cancellation_signal stop;
  asio::co_spawn(io, reader->run(), asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
  // Two attempts without data come within a few seconds.
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (metrics.exposition().find("comparisons_total{") == std::string::npos &&
         std::chrono::steady_clock::now() < latest) {
    io.run_one_for(std::chrono::milliseconds(50));
  }
  print(reader->status());
  stop.emit(asio::cancellation_type::all);
  io.run_for(std::chrono::seconds(5));
}
