// Rates and quantiles out of a recorded remote read, for the comparison with the store's own answers.
//
//   rates_from_body BODY FROM_MS TO_MS        questions on standard input, one a line, fields separated by spaces:
//
//   START STEP POINTS WINDOW left|closed newer|older compensated|plain QUANTILE small|raise GROUPING
//
// Milliseconds; GROUPING: labels separated by commas; QUANTILE: "-" for none, else GROUPING holds le. The answer to a
// line: one line a series, `labels in hexadecimal, comma-separated: index of point=bits of value ...`; then ".".

#include <bit>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <spm/rates/quantile.hpp>

#include "column_sums.hpp"
#include "rate_window.hpp"
#include "series_stream.hpp"

namespace {

using spm::base::Result;

struct Question {
  spm::model::TimeGrid grid;
  std::int64_t window_ms = 0;
  spm::rates::RateVariant variant;
  std::string quantile;
  spm::rates::BucketRepair repair = spm::rates::BucketRepair::raise;
  spm::rates::Grouping by;
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "rates_from_body: %s\n", what.c_str());
  std::exit(1);
}

void require(const Result<void>& done) {
  if (!done) die(done.error().message);
}

Question read_question(const std::string& line) {
  Question question;
  std::istringstream words(line);
  std::string start, extrapolation, summation, repair, by, label;
  words >> question.grid.start_ms >> question.grid.step_ms >> question.grid.points >> question.window_ms >> start >>
      extrapolation >> summation >> question.quantile >> repair >> by;
  if (!words) die("what is this question? " + line);
  if (start == "left") question.variant.window_start = spm::rates::WindowStart::left_open;
  if (extrapolation == "newer") question.variant.extrapolation = spm::rates::Extrapolation::newer;
  if (summation == "compensated") question.variant.summation = spm::rates::Summation::compensated;
  if (repair == "small") question.repair = spm::rates::BucketRepair::ignore_small_gaps;
  std::istringstream labels(by);
  while (std::getline(labels, label, ',')) question.by.push_back(label);
  return question;
}

spm::model::Matrix rates(const std::string& body, std::int64_t from_ms, std::int64_t to_ms, const Question& question) {
  spm::rates::RateWindow window(question.grid, question.window_ms, question.variant.window_start,
                                question.variant.extrapolation);
  spm::rates::ColumnSums sums(question.grid, question.variant.summation, std::vector<spm::rates::Grouping>{question.by},
                              std::size_t{1} << 30U);
  spm::rates::SeriesStream stream(from_ms, to_ms, {}, [&](auto, auto labels, const auto& samples) {
    return sums.add(labels, window.compute(samples.times_ms(), samples.values()));
  });
  // Slices of changing length, as a network delivers them.
  std::size_t length = 1;
  for (std::size_t at = 0; at < body.size(); at += length) {
    length = (length * 7 + 13) % 70'001 + 1;
    require(stream.feed(std::string_view(body).substr(at, length)));
  }
  require(stream.finish());
  return std::move(sums.finish().front());
}

spm::model::Matrix quantiles(const spm::model::Matrix& buckets, const Question& question) {
  std::map<spm::model::LabelSet, std::vector<spm::rates::BucketColumn>> groups;
  for (const auto& series : buckets.series) {
    const std::string* le = spm::model::find_label(series.labels, "le");
    const auto bound = le == nullptr ? std::nullopt : spm::rates::bucket_bound(*le);
    if (!bound) continue;
    spm::model::LabelSet labels = series.labels;
    std::erase_if(labels, [](const auto& label) { return label.name == "le"; });
    groups[labels].push_back({*bound, &series.column});
  }
  spm::model::Matrix matrix;
  matrix.grid = question.grid;
  for (const auto& [labels, columns] : groups) {
    matrix.series.push_back({labels, spm::rates::histogram_quantile(std::strtod(question.quantile.c_str(), nullptr),
                                                                    columns, question.grid.points, question.repair)});
  }
  return matrix;
}

void print_hex(const std::string& text) {
  for (const char byte : text) std::printf("%02x", static_cast<unsigned char>(byte));
}

void print(const spm::model::Matrix& matrix) {
  for (const auto& series : matrix.series) {
    for (const auto& label : series.labels) {
      print_hex(label.name);
      std::putchar('=');
      print_hex(label.value);
      std::putchar(',');
    }
    std::putchar(':');
    for (std::size_t i = 0; i < series.column.size(); ++i) {
      if (!series.column.has(i)) continue;
      std::printf(" %zu=%llx", i,
                  static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(series.column.value(i))));
    }
    std::putchar('\n');
  }
  std::puts(".");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) die("usage: rates_from_body BODY FROM_MS TO_MS");
  std::ifstream file(argv[1], std::ios::binary);
  const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) die(std::string("cannot read ") + argv[1]);
  const std::int64_t from_ms = std::strtoll(argv[2], nullptr, 10);
  const std::int64_t to_ms = std::strtoll(argv[3], nullptr, 10);
  std::string line;
  while (std::getline(std::cin, line)) {
    const Question question = read_question(line);
    const spm::model::Matrix matrix = rates(body, from_ms, to_ms, question);
    print(question.quantile == "-" ? matrix : quantiles(matrix, question));
  }
}
