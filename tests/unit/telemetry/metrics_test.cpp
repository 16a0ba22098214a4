#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/telemetry/metrics.hpp>

namespace spm::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

std::vector<std::string> types(const std::string& exposition) {
  std::vector<std::string> found;
  std::istringstream stream(exposition);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("# TYPE ")) found.push_back(line.substr(7));
  }
  std::ranges::sort(found);
  return found;
}

// Names are part of the product: dashboards and alerts use them. Change this list only on purpose.
TEST(Metrics, NamesAndTypesStay) {
  Metrics metrics;
  metrics.request_finished(Door::http, "calls", "200", 5ms);
  const std::vector<std::string> expected = {
      "jaeger_spm_proxy_answers_shared_total counter",
      "jaeger_spm_proxy_build_info gauge",
      "jaeger_spm_proxy_cache_bytes gauge",
      "jaeger_spm_proxy_cache_points_answered_total counter",
      "jaeger_spm_proxy_cache_points_read_total counter",
      "jaeger_spm_proxy_cache_things gauge",
      "jaeger_spm_proxy_http_connections gauge",
      "jaeger_spm_proxy_notices_total counter",
      "jaeger_spm_proxy_raw_bytes_total counter",
      "jaeger_spm_proxy_raw_samples_total counter",
      "jaeger_spm_proxy_raw_series_total counter",
      "jaeger_spm_proxy_reads_shared_total counter",
      "jaeger_spm_proxy_request_duration_seconds histogram",
      "jaeger_spm_proxy_request_errors_total counter",
      "jaeger_spm_proxy_requests_in_flight gauge",
      "jaeger_spm_proxy_requests_total counter",
      "jaeger_spm_proxy_store_infos_total counter",
      "jaeger_spm_proxy_store_ready gauge",
      "jaeger_spm_proxy_upstream_active gauge",
      "jaeger_spm_proxy_upstream_breaker_open gauge",
      "jaeger_spm_proxy_upstream_connections gauge",
      "jaeger_spm_proxy_upstream_request_duration_seconds histogram",
      "jaeger_spm_proxy_upstream_requests_total counter",
      "jaeger_spm_proxy_upstream_response_bytes_total counter",
      "jaeger_spm_proxy_upstream_retries_total counter",
      "jaeger_spm_proxy_upstream_wait_seconds histogram",
      "jaeger_spm_proxy_upstream_waiting gauge",
      "process_cpu_seconds_total counter",
      "process_open_fds gauge",
      "process_resident_memory_bytes gauge",
      "process_start_time_seconds gauge",
  };
  EXPECT_EQ(types(metrics.exposition()), expected);
}

TEST(Metrics, SeriesWithFixedLabelsAreThereFromTheStart) {
  const Metrics metrics;
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_requests_in_flight{door=\"grpc\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_upstream_retries_total 0\n"));
  EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_upstream_requests_total{outcome=\"ok\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_notices_total{notice=\"step_widened\"} 0\n"));
  for (const base::ErrorTraits& error : base::all_error_traits()) {
    const std::string label(error.label);
    EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_upstream_requests_total{outcome=\"" + label + "\"} 0\n"));
    for (const char* door : {"http", "grpc", "admin"}) {
      EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_request_errors_total{door=\"" + std::string(door) + "\",kind=\"" +
                                  label + "\"} 0\n"));
    }
  }
}

TEST(Metrics, CountsRequestsByDoorMethodAndCode) {
  Metrics metrics;
  metrics.request_finished(Door::http, "calls", "200", 5ms);
  metrics.request_finished(Door::http, "calls", "200", 5ms);
  metrics.request_finished(Door::grpc, "GetCallRates", "INVALID_ARGUMENT", 1ms);
  metrics.request_failed(Door::grpc, base::ErrorKind::invalid_argument);
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_requests_total{code=\"200\",door=\"http\",method=\"calls\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_requests_total{code=\"INVALID_ARGUMENT\",door=\"grpc\","
                              "method=\"GetCallRates\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("request_duration_seconds_count{door=\"http\",method=\"calls\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("request_duration_seconds_bucket{door=\"http\",method=\"calls\",le=\"0.0025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("request_duration_seconds_bucket{door=\"http\",method=\"calls\",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("request_errors_total{door=\"grpc\",kind=\"invalid_argument\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("request_errors_total{door=\"http\",kind=\"invalid_argument\"} 0\n"));
}

TEST(Metrics, CountsReads) {
  Metrics metrics;
  metrics.read_finished("chunks", "ok");
  metrics.read_fallback("busy");
  metrics.read_shared();
  metrics.raw_read(3, 40, 500);
  metrics.comparison_finished("agreed");
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("reads_total{outcome=\"ok\",way=\"chunks\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("read_fallbacks_total{reason=\"busy\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("reads_shared_total 1\n"));
  EXPECT_THAT(text, HasSubstr("raw_series_total 3\n"));
  EXPECT_THAT(text, HasSubstr("raw_samples_total 40\n"));
  EXPECT_THAT(text, HasSubstr("raw_bytes_total 500\n"));
  EXPECT_THAT(text, HasSubstr("comparisons_total{outcome=\"agreed\"} 1\n"));
}

TEST(Metrics, OneStateOfTheReaderHolds) {
  Metrics metrics;
  metrics.reader_state("undecided");
  metrics.reader_state("agreed");
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("chunk_reader{state=\"undecided\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("chunk_reader{state=\"agreed\"} 1\n"));
}

TEST(Metrics, CountsInFlightUntilTheEnd) {
  Metrics metrics;
  {
    const Metrics::InFlight one(metrics, Door::grpc);
    const Metrics::InFlight two(metrics, Door::grpc);
    EXPECT_THAT(metrics.exposition(), HasSubstr("requests_in_flight{door=\"grpc\"} 2\n"));
  }
  EXPECT_THAT(metrics.exposition(), HasSubstr("requests_in_flight{door=\"grpc\"} 0\n"));
}

TEST(Metrics, CountsWhatGoesUpstream) {
  Metrics metrics;
  metrics.upstream_finished("ok", 20ms, 1'000);
  metrics.upstream_finished("store_unreachable", 20ms, 24);
  metrics.upstream_retried();
  metrics.upstream_active(3);
  metrics.upstream_active(-1);
  metrics.upstream_waiting(5);
  metrics.upstream_connections(4);
  metrics.breaker_open(true);
  metrics.store_ready(true);
  metrics.store_info_seen();
  metrics.http_connections(7);
  metrics.notice("store_warning");
  const std::string text = metrics.exposition();
  for (const char* line : {
           "upstream_requests_total{outcome=\"ok\"} 1\n",
           "upstream_requests_total{outcome=\"store_unreachable\"} 1\n",
           "upstream_request_duration_seconds_count 2\n",
           "upstream_response_bytes_total 1024\n",
           "upstream_retries_total 1\n",
           "upstream_active 2\n",
           "upstream_waiting 5\n",
           "upstream_connections 4\n",
           "upstream_breaker_open 1\n",
           "store_ready 1\n",
           "store_infos_total 1\n",
           "http_connections 7\n",
           "notices_total{notice=\"store_warning\"} 1\n",
       }) {
    EXPECT_THAT(text, HasSubstr("jaeger_spm_proxy_" + std::string(line)));
  }
  metrics.breaker_open(false);
  EXPECT_THAT(metrics.exposition(), HasSubstr("upstream_breaker_open 0\n"));
}

TEST(Metrics, TellsAboutTheProcess) {
  const std::string text = Metrics().exposition();
  const auto value = [&](const std::string& name) {
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size() + 2));
  };
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GE(value("process_cpu_seconds_total"), 0);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(value("process_start_time_seconds"), now, 600);
  EXPECT_THAT(text, HasSubstr("version=\""));
  EXPECT_THAT(text, Not(HasSubstr("commit=\"\"")));
}

TEST(Metrics, ThreadsMayMeetAtNewSeries) {
  Metrics metrics;
  constexpr int kThreads = 4;
  constexpr int kRounds = 200;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < kRounds; ++i) metrics.request_finished(Door::http, "calls", std::to_string(i % 20), 1ms);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.exposition(), HasSubstr("request_duration_seconds_count{door=\"http\",method=\"calls\"} " +
                                              std::to_string(kThreads * kRounds) + "\n"));
  EXPECT_THAT(metrics.exposition(), HasSubstr("requests_total{code=\"7\",door=\"http\",method=\"calls\"} " +
                                              std::to_string(kThreads * kRounds / 20) + "\n"));
}

}  // namespace
}  // namespace spm::telemetry
