// Writes span metrics of one busy service as OpenMetrics text, for promtool to make blocks of:
//
//   page_data OPERATIONS INSTANCES EVERY_S BEGIN FROM UNTIL > metrics.om
//
// All times are Unix seconds. Counters start with zero at BEGIN; the samples in [FROM, UNTIL) are written, so that
// files of consecutive blocks fit together. Every operation has two statuses, 16 finite buckets and +Inf. The same
// arguments give the same bytes. Calls differ by a factor of 200 between the first and the last operation: with the
// increments of real traffic a stored sample takes about one and a half bytes, as in a real store.

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::array kBoundsMs = {2.,   4.,   6.,    8.,    10.,   50.,   100.,   200.,
                                  400., 800., 1000., 1400., 2000., 5000., 10000., 15000.};
constexpr std::size_t kBuckets = kBoundsMs.size() + 1;
constexpr std::string_view kCalls = "traces_span_metrics_calls_total";
constexpr std::string_view kBucket = "traces_span_metrics_duration_milliseconds_bucket";

/// Numbers that look like chance and are the same every time.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_((seed + 1) * 0x9e3779b97f4a7c15U) {}

  /// In [0, 1).
  double unit() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<double>(state_ >> 11U) * 0x1p-53;
  }

  /// A count whose mean is `mean`: about Poisson's distribution.
  std::uint64_t count(double mean) {
    if (mean <= 0) return 0;
    const double spread = mean < 4 ? 0 : std::sqrt(mean) * (unit() + unit() + unit() - 1.5) * 2;
    const double drawn = mean + spread;
    return drawn <= 0 ? 0 : static_cast<std::uint64_t>(drawn + unit());
  }

 private:
  std::uint64_t state_;
};

void append(std::uint64_t number, std::string& out) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// Everything that one process counts for one operation and status.
class Counters {
 public:
  Counters(std::size_t operation, std::size_t operations, bool error, std::size_t instance, double every_s)
      : chance_((operation * 2 + (error ? 1 : 0)) * 64 + instance) {
    const double rank = operations < 2 ? 0 : static_cast<double>(operation) / static_cast<double>(operations - 1);
    mean_ = 30 * std::pow(200.0, -rank) * every_s * (error ? 0.05 : 1);
    const double median_ms = 5 * std::pow(60.0, chance_.unit());
    double below = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      const double share =
          i < kBoundsMs.size() ? 0.5 * std::erfc(-std::log(kBoundsMs.at(i) / median_ms) / 0.8 / std::sqrt(2.0)) : 1;
      share_.at(i) = share - below;
      below = share;
    }
    offset_s_ = 3 + 5 * static_cast<std::int64_t>(instance % 3);
    const std::string labels =
        "{instance=\"otelcol-" + std::to_string(instance) +
        ":8889\",job=\"spanmetrics\",service_name=\"shop\",span_kind=\"SPAN_KIND_SERVER\",span_name=\"GET /api/" +
        std::to_string(operation) + "\",status_code=\"STATUS_CODE_" + (error ? "ERROR" : "UNSET") + "\"";
    calls_head_ = std::string(kCalls) + labels + "} ";
    for (std::size_t i = 0; i < kBuckets; ++i) {
      std::string le = "+Inf";
      if (i < kBoundsMs.size()) le = std::to_string(static_cast<int>(kBoundsMs.at(i)));
      bucket_heads_.at(i).append(kBucket).append(labels).append(",le=\"").append(le).append("\"} ");
    }
  }

  /// What happened between two samples. `load`: 1 is an ordinary hour.
  void pass(double load) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      all += chance_.count(mean_ * load * share_.at(i));
      totals_.at(i) += all;
    }
  }

  void write(std::int64_t at_s, std::string& out) const {
    line(calls_head_, totals_.back(), at_s, out);
    for (std::size_t i = 0; i < kBuckets; ++i) line(bucket_heads_.at(i), totals_.at(i), at_s, out);
  }

 private:
  void line(const std::string& head, std::uint64_t value, std::int64_t at_s, std::string& out) const {
    out += head;
    append(value, out);
    out += ' ';
    append(static_cast<std::uint64_t>(at_s + offset_s_), out);
    out += '\n';
  }

  Chance chance_;
  double mean_ = 0;  // calls between two samples
  std::array<double, kBuckets> share_{};
  std::array<std::uint64_t, kBuckets> totals_{};  // cumulative, as they are exposed
  std::int64_t offset_s_ = 0;                     // instances are not scraped at the same moment
  std::string calls_head_;
  std::array<std::string, kBuckets> bucket_heads_;
};

std::int64_t number(const char* text) {
  const std::string_view all = text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), value);
  if (error != std::errc{} || end != all.data() + all.size() || value < 0) {
    std::fprintf(stderr, "page_data: \"%s\" is not a number\n", text);
    std::exit(2);
  }
  return value;
}

void flush(std::string& out) {
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) {
    std::perror("page_data");
    std::exit(1);
  }
  out.clear();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fputs("page_data OPERATIONS INSTANCES EVERY_S BEGIN FROM UNTIL\n", stderr);
    return 2;
  }
  const auto operations = static_cast<std::size_t>(number(argv[1]));
  const auto instances = static_cast<std::size_t>(number(argv[2]));
  const std::int64_t every_s = number(argv[3]);
  const std::int64_t begin_s = number(argv[4]);
  const std::int64_t from_s = number(argv[5]);
  const std::int64_t until_s = number(argv[6]);

  std::vector<Counters> all;
  for (std::size_t operation = 0; operation < operations; ++operation) {
    for (const bool error : {false, true}) {
      for (std::size_t instance = 0; instance < instances; ++instance) {
        all.emplace_back(operation, operations, error, instance, static_cast<double>(every_s));
      }
    }
  }
  std::string out;
  constexpr std::size_t kFlushAt = std::size_t{1} << 20U;
  for (std::int64_t at_s = begin_s; at_s < until_s; at_s += every_s) {
    const double load = 1 + 0.6 * std::sin(static_cast<double>(at_s - begin_s) / 86400 * 2 * 3.141592653589793);
    for (Counters& one : all) {
      one.pass(load);
      if (at_s >= from_s) one.write(at_s, out);
      if (out.size() >= kFlushAt) flush(out);
    }
  }
  out += "# EOF\n";
  flush(out);
  return 0;
}
