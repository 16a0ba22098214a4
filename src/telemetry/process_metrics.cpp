#include "process_metrics.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace spm::telemetry {
namespace {

namespace fs = std::filesystem;

prometheus::MetricFamily family_of_one(const char* name, const char* help, prometheus::MetricType type, double value) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric metric;
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family.metric.push_back(metric);
  return family;
}

std::optional<double> cpu_seconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::optional<double> resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total_pages = 0;
  std::int64_t resident_pages = 0;
  if (!(file >> total_pages >> resident_pages)) return std::nullopt;
  return static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> open_files() {
  std::error_code error;
  const fs::directory_iterator files("/proc/self/fd", error);
  if (error) return std::nullopt;
  // One of them is the listing itself.
  return static_cast<double>(std::distance(fs::begin(files), fs::end(files)) - 1);
}

/// Boot time plus the start in clock ticks since boot: field 22 of /proc/self/stat, counted behind the name, which may
/// itself hold spaces and brackets.
std::optional<double> start_time() {
  std::ifstream stat("/proc/self/stat");
  std::string text;
  if (!std::getline(stat, text)) return std::nullopt;
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::size_t at = name_end + 1;
  constexpr int kFieldsFromNameToStart = 20;
  for (int field = 0; field < kFieldsFromNameToStart; ++field) {
    at = text.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  const double ticks = std::strtod(text.c_str() + at, nullptr);

  std::ifstream system("/proc/stat");
  std::string word;
  while (system >> word) {
    if (word == "btime") {
      double boot = 0;
      if (!(system >> boot)) return std::nullopt;
      return boot + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    system.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  using prometheus::MetricType;
  static const std::optional<double> started = start_time();
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](const char* name, const char* help, MetricType type, std::optional<double> value) {
    if (value) families.push_back(family_of_one(name, help, type, *value));
  };
  add("process_cpu_seconds_total", "User and system CPU time.", MetricType::Counter, cpu_seconds());
  add("process_resident_memory_bytes", "Resident memory size.", MetricType::Gauge, resident_bytes());
  add("process_open_fds", "Open file descriptors.", MetricType::Gauge, open_files());
  add("process_start_time_seconds", "Start of the process, Unix time.", MetricType::Gauge, started);
  return families;
}

}  // namespace spm::telemetry
