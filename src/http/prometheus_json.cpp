#include "prometheus_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include <spm/promql/text.hpp>

#include "json_text.hpp"
#include "shortest.hpp"

namespace spm::http {
namespace {

constexpr std::string_view kSuccess = R"({"status":"success","data":)";
constexpr std::string_view kPointEnd = R"("],)";

char* put(char* at, std::string_view text) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

/// -0.0000012345678901234567 is the longest there is.
constexpr std::size_t kMaxNumber = 32;
/// Whole numbers up to here are written exactly by their shortest form.
constexpr double kExactIntegers = 9007199254740992.0;

/// A value of 2^53 or more without exponent: its shortest digits, then zeros.
char* put_large(char* at, double value) noexcept {
  char text[kMaxNumber];
  const char* end = std::to_chars(text, text + kMaxNumber, value, std::chars_format::scientific).ptr;
  const char* exponent_at = std::find(static_cast<const char*>(text), end, 'e');
  int exponent = 0;
  std::from_chars(exponent_at + 2, end, exponent);  // behind "e+"
  for (const char* from = text; from != exponent_at; ++from) {
    if (*from == '.') continue;
    *at++ = *from;
    if (*from != '-') --exponent;
  }
  for (++exponent; exponent > 0; --exponent) *at++ = '0';
  return at;
}

/// As Go's strconv does with the bounds that JSON has for exponents.
char* put_number(char* at, double value) noexcept {
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-6 && size < kExactIntegers)) [[likely]] {
    return put_shortest_plain(at, value);
  }
  if (std::isnan(value)) return put(at, "NaN");
  if (std::isinf(value)) return put(at, value > 0 ? "+Inf" : "-Inf");
  if (size >= kExactIntegers && size < 1e21) return put_large(at, value);
  return std::to_chars(at, at + kMaxNumber, value, std::chars_format::scientific).ptr;
}

/// -62135596800.123 is the longest there is.
constexpr std::size_t kMaxTime = 24;

char* put_time(char* at, std::int64_t ms) noexcept {
  if (ms < 0) *at++ = '-';
  const std::uint64_t size = ms < 0 ? 0 - static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  at = std::to_chars(at, at + kMaxTime, size / 1000).ptr;
  const std::uint64_t fraction = size % 1000;
  if (fraction == 0) return at;
  *at++ = '.';
  *at++ = static_cast<char>('0' + fraction / 100);
  *at++ = static_cast<char>('0' + fraction / 10 % 10);
  *at++ = static_cast<char>('0' + fraction % 10);
  return at;
}

/// The beginning of a point at each time of the grid: `[1795141800,"`.
class PointHeads {
 public:
  static constexpr std::size_t kMaxSize = kMaxTime + 3;

  explicit PointHeads(const model::TimeGrid& grid) {
    offsets_.reserve(grid.points + 1);
    text_.resize(grid.points * kMaxSize);
    char* at = text_.data();
    offsets_.push_back(0);
    for (std::size_t i = 0; i < grid.points; ++i) {
      *at++ = '[';
      at = put_time(at, grid.at(i));
      at = put(at, R"(,")");
      offsets_.push_back(static_cast<std::size_t>(at - text_.data()));
    }
  }

  std::string_view at(std::size_t i) const noexcept {
    return {text_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }

 private:
  std::string text_;
  std::vector<std::size_t> offsets_;
};

/// Written block by block, so that the answer's memory is touched once.
void append_points(std::string& out, const model::Column& column, const PointHeads& heads) {
  constexpr std::size_t kMaxPoint = PointHeads::kMaxSize + kMaxNumber + kPointEnd.size();
  constexpr std::size_t kBlock = std::size_t{4} << 10U;
  std::array<char, kBlock + kMaxPoint> block;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  char* at = block.data();
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (!column.has(i)) continue;
    at = put(at, heads.at(i));
    at = put_number(at, column.value(i));
    at = put(at, kPointEnd);
    if (at >= block.data() + kBlock) {
      out.append(block.data(), at);
      at = block.data();
    }
  }
  out.append(block.data(), at);
  if (out.size() > before) out.pop_back();  // the comma of the last point
}

/// About how many bytes the answer takes: with numbers as long as they nearly always are.
std::size_t expected_size(const model::Matrix& matrix, const PointHeads& heads) {
  constexpr std::size_t kMetric = 128;  // a series without its points, and about what its labels take
  constexpr std::size_t kNumber = 19;
  std::size_t points = 0;
  for (const model::Series& series : matrix.series) points += series.column.count();
  const std::size_t head = matrix.grid.points == 0 ? 0 : heads.at(matrix.grid.points - 1).size();
  return 256 + matrix.series.size() * kMetric + points * (head + kNumber + kPointEnd.size());
}

void append_labels(std::string& out, const model::LabelSet& labels) {
  out += '{';
  bool first = true;
  for (const model::Label& label : labels) {
    if (!first) out += ',';
    append_json_string(out, label.name);
    out += ':';
    append_json_string(out, label.value);
    first = false;
  }
  out += '}';
}

template <class List, class Append>
void append_list(std::string& out, const List& list, Append append) {
  out += '[';
  bool first = true;
  for (const auto& member : list) {
    if (!first) out += ',';
    append(member);
    first = false;
  }
  out += ']';
}

void append_end(std::string& out, const Warnings& warnings) {
  if (!warnings.empty()) {
    out += R"(,"warnings":)";
    append_list(out, warnings, [&](const std::string& text) { append_json_string(out, text); });
  }
  out += '}';
}

}  // namespace

std::string matrix_json(const model::Matrix& matrix, const Warnings& warnings) {
  const PointHeads heads(matrix.grid);
  std::string out;
  out.reserve(expected_size(matrix, heads));
  out += kSuccess;
  out += R"({"resultType":"matrix","result":)";
  append_list(out, matrix.series, [&](const model::Series& series) {
    out += R"({"metric":)";
    append_labels(out, series.labels);
    out += R"(,"values":[)";
    append_points(out, series.column, heads);
    out += "]}";
  });
  out += '}';
  append_end(out, warnings);
  return out;
}

std::string vector_json(const model::Matrix& matrix, const Warnings& warnings) {
  std::string out(kSuccess);
  out += R"({"resultType":"vector","result":)";
  append_list(out, matrix.series, [&](const model::Series& series) {
    out += R"({"metric":)";
    append_labels(out, series.labels);
    out += R"(,"value":[)";
    out += prometheus_time(matrix.grid.at(0));
    out += ",\"";
    out += prometheus_number(series.column.value(0));
    out += "\"]}";
  });
  out += '}';
  append_end(out, warnings);
  return out;
}

std::string scalar_json(double value, std::int64_t at_ms) {
  // Prometheus has another encoder for scalars: no exponents, and no zeros at the end of a time.
  constexpr std::size_t kMaxScalar = 400;
  char text[kMaxScalar];
  char* end = nullptr;
  const double size = std::fabs(value);
  if (!std::isfinite(value) || size == 0) {
    end = put_number(text, value);
  } else if (size < kExactIntegers) {
    end = std::to_chars(text, text + kMaxScalar, value, std::chars_format::fixed).ptr;
  } else {
    end = put_large(text, value);
  }
  std::string out(kSuccess);
  out += R"({"resultType":"scalar","result":[)";
  out += promql::decimal_seconds(at_ms);
  out += ",\"";
  out.append(text, end);
  out += "\"]}}";
  return out;
}

std::string strings_json(const std::vector<std::string>& values, const Warnings& warnings) {
  std::string out(kSuccess);
  append_list(out, values, [&](const std::string& value) { append_json_string(out, value); });
  append_end(out, warnings);
  return out;
}

std::string series_json(const std::vector<model::LabelSet>& series, const Warnings& warnings) {
  std::string out(kSuccess);
  append_list(out, series, [&](const model::LabelSet& labels) { append_labels(out, labels); });
  append_end(out, warnings);
  return out;
}

std::string success_json(std::string_view data, const Warnings& warnings) {
  std::string out(kSuccess);
  out += data;
  append_end(out, warnings);
  return out;
}

std::string prometheus_error_json(std::string_view error_type, std::string_view message) {
  std::string out = R"({"status":"error","errorType":)";
  append_json_string(out, error_type);
  out += R"(,"error":)";
  append_json_string(out, message);
  out += '}';
  return out;
}

std::string prometheus_number(double value) {
  char text[kMaxNumber];
  return std::string(text, put_number(text, value));
}

std::string prometheus_time(std::int64_t unix_ms) {
  char text[kMaxTime];
  return std::string(text, put_time(text, unix_ms));
}

}  // namespace spm::http
