#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <spm/prometheus/client.hpp>

/// What real stores answered to the questions of engine_questions.hpp, at kRecordedAtMs, by the label `case`.
namespace spm::rates::test {

inline constexpr std::int64_t kRecordedAtMs = 1'795'140'000'000;
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct RecordedAnswers {
  std::vector<std::pair<int, double>> rates;
  std::vector<std::pair<int, double>> sums;
  std::vector<std::pair<int, double>> quantiles;
};

inline RecordedAnswers prometheus_2_42() {
  RecordedAnswers answers;
  answers.rates = {{0, 580}, {1, 1514}, {2, 151.875}, {3, 259.2857142857143}, {4, 60.16666666666667}};
  answers.sums = {{0, 10000000000000000}, {1, 0}, {2, 0.9999999999999999}};
  answers.quantiles = {{0, 1.75},
                       {1, 1},
                       {2, 1.0000000000002},
                       {3, 0.9999999999999},
                       {4, kNaN},
                       {5, kNaN},
                       {6, -1},
                       {7, 3.5},
                       {8, kNaN},
                       {9, 2},
                       {10, 0.8939393939393939},
                       {11, 1.5},
                       {12, 0.01823529411764645},
                       {13, 0.9375},
                       {14, 2.5},
                       {15, 10},
                       {16, 1.9000000000003798},
                       {17, 4.69999999999997},
                       {18, kNaN},
                       {19, kNaN},
                       {20, 1},
                       {21, 4.85},
                       {22, kNaN},
                       {23, 2},
                       {24, 2},
                       {25, 2},
                       {26, 0.19749999999997037},
                       {27, 1.1},
                       {28, 2.5},
                       {29, 10},
                       {30, 5},
                       {31, 5},
                       {32, kNaN},
                       {33, kNaN},
                       {34, 1},
                       {35, 5},
                       {36, kNaN},
                       {37, 2},
                       {38, 2},
                       {39, 2},
                       {40, 0.4},
                       {41, 1.1}};
  return answers;
}

inline RecordedAnswers prometheus_3_8_1() {
  RecordedAnswers answers;
  answers.rates = {{0, 594.9999999999999}, {1, 1574}, {2, 146.25}, {3, 255}, {4, 60.16666666666667}};
  answers.sums = {{0, 10000000000000008}, {1, 2}, {2, 1}};
  answers.quantiles = {{0, 1.75},
                       {1, 1},
                       {2, 1},
                       {3, 0.9999999999999},
                       {4, kNaN},
                       {5, kNaN},
                       {6, -1},
                       {7, 3.5},
                       {8, kNaN},
                       {9, 2},
                       {10, 0.8939393939393939},
                       {11, 1.5},
                       {12, 0.01823529411764645},
                       {13, 0.9375},
                       {14, 2.5},
                       {15, 10},
                       {16, 1.9},
                       {17, 4.69999999999997},
                       {18, kNaN},
                       {19, kNaN},
                       {20, 1},
                       {21, 4.85},
                       {22, kNaN},
                       {23, 2},
                       {24, 2},
                       {25, 2},
                       {26, 0.19749999999997037},
                       {27, 1.1},
                       {28, 2.5},
                       {29, 10},
                       {30, 2},
                       {31, 5},
                       {32, kNaN},
                       {33, kNaN},
                       {34, 1},
                       {35, 5},
                       {36, kNaN},
                       {37, 2},
                       {38, 2},
                       {39, 2},
                       {40, 0.4},
                       {41, 1.1}};
  return answers;
}

inline RecordedAnswers victoria_metrics_1_79() {
  RecordedAnswers answers;
  answers.rates = {{0, 580}, {1, 1514}, {2, 180}, {3, 420}, {4, 100}};
  answers.sums = {{0, 10000000000000004}, {1, 1}, {2, 0.9999999999999999}};
  answers.quantiles = {{0, 1.75},
                       {1, 3.0555555555555554},
                       {2, 1},
                       {3, 1},
                       {6, -1},
                       {7, 3.5},
                       {8, 1.5},
                       {9, 2},
                       {10, 0.8939393939393939},
                       {11, 1.5},
                       {12, 0.018235294117646447},
                       {13, 0.9375},
                       {14, 2.5},
                       {15, 10},
                       {16, 1.9},
                       {17, 4.7},
                       {20, 1},
                       {21, 4.85},
                       {22, 4.549999999999999},
                       {23, 2},
                       {24, 2},
                       {25, 2},
                       {26, 0.19749999999997034},
                       {27, 1.1},
                       {28, 2.5},
                       {29, 10},
                       {30, 2},
                       {31, 5},
                       {34, 1},
                       {35, 5},
                       {36, 5},
                       {37, 2},
                       {38, 2},
                       {39, 2},
                       {40, 0.4},
                       {41, 1.1}};
  return answers;
}

inline prometheus::InstantAnswer as_answer(const std::vector<std::pair<int, double>>& values) {
  prometheus::InstantAnswer answer;
  for (const auto& [number, value] : values) {
    prometheus::Sample sample;
    sample.labels = {{"case", std::to_string(number)}};
    sample.value = value;
    sample.at_ms = kRecordedAtMs;
    answer.samples.push_back(std::move(sample));
  }
  return answer;
}

}  // namespace spm::rates::test
