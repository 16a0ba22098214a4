#include "jaeger_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "json_text.hpp"
#include "rfc3339.hpp"
#include "shortest.hpp"

namespace spm::http {
namespace {

constexpr std::string_view kPointHead = R"({"gaugeValue":{"doubleValue":)";
constexpr std::string_view kPointMiddle = R"(},"timestamp":")";
constexpr std::string_view kPointTail = R"("},)";

/// The end of a point at each time of the grid: `},"timestamp":"2026-11-20T02:30:00Z"},` with the comma.
class PointEnds {
 public:
  static constexpr std::size_t kMaxSize = kPointMiddle.size() + 24 + kPointTail.size();

  explicit PointEnds(const model::TimeGrid& grid) {
    offsets_.reserve(grid.points + 1);
    text_.reserve(grid.points * kMaxSize);
    offsets_.push_back(0);
    for (std::size_t i = 0; i < grid.points; ++i) {
      text_ += kPointMiddle;
      text_ += Rfc3339(grid.at(i)).text();
      text_ += kPointTail;
      offsets_.push_back(text_.size());
    }
  }

  std::string_view at(std::size_t i) const noexcept {
    return {text_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }

 private:
  std::string text_;
  std::vector<std::size_t> offsets_;
};

char* put(char* at, std::string_view text) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* put_number(char* at, double value) noexcept {
  if (std::isfinite(value)) [[likely]]
    return put_shortest(at, value);
  if (std::isnan(value)) return put(at, R"("NaN")");
  return put(at, value > 0 ? R"("Infinity")" : R"("-Infinity")");
}

/// Written block by block, so that the answer's memory is touched once.
void append_points(std::string& out, const model::Column& column, const PointEnds& ends) {
  constexpr std::size_t kMaxPoint = kPointHead.size() + kMaxShortest + PointEnds::kMaxSize;
  constexpr std::size_t kBlock = std::size_t{4} << 10U;
  std::array<char, kBlock + kMaxPoint> block;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  char* at = block.data();
  const std::size_t points = column.size();
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < points; ++i) {
    if (!column.has(i)) continue;
    at = put(at, kPointHead);
    at = put_number(at, column.value(i));
    at = put(at, ends.at(i));
    if (at >= block.data() + kBlock) {
      out.append(block.data(), at);
      at = block.data();
    }
  }
  out.append(block.data(), at);
  if (out.size() > before) out.pop_back();  // the comma of the last point
}

/// About how many bytes the answer takes, so that it grows into memory of its size: told from some of its numbers,
/// as their length is what differs. Twice the room, where nothing was known, would be the peak of the whole request.
std::size_t expected_size(const model::MetricFamily& family, const PointEnds& ends) {
  constexpr std::size_t kSamples = 64;
  constexpr std::size_t kMetric = 128;  // a metric without its points, and about what its labels take
  std::size_t points = 0;
  std::size_t sampled = 0;
  std::size_t bytes = 0;
  const std::size_t stride = std::max<std::size_t>(1, family.metrics.size() * family.grid.points / kSamples);
  std::size_t next = 0;                 // point to be sampled, counted over all metrics
  std::array<char, kMaxShortest> text;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (const model::Series& series : family.metrics) {
    for (; next < series.column.size(); next += stride) {
      if (!series.column.has(next)) continue;
      bytes += static_cast<std::size_t>(put_number(text.data(), series.column.value(next)) - text.data());
      ++sampled;
    }
    next -= series.column.size();
    points += series.column.count();
  }
  const std::size_t number = sampled == 0 ? kMaxShortest : bytes / sampled + 1;
  const std::size_t end = family.grid.points == 0 ? 0 : ends.at(family.grid.points - 1).size();
  return 256 + family.metrics.size() * kMetric + points * (kPointHead.size() + number + end);
}

void append_labels(std::string& out, const model::LabelSet& labels) {
  bool first = true;
  for (const model::Label& label : labels) {
    out += first ? R"({"name":)" : R"(,{"name":)";
    append_json_string(out, label.name);
    out += R"(,"value":)";
    append_json_string(out, label.value);
    out += '}';
    first = false;
  }
}

}  // namespace

std::string family_json(const model::MetricFamily& family) {
  const PointEnds ends(family.grid);
  std::string out;
  out.reserve(expected_size(family, ends));
  out += R"({"name":)";
  append_json_string(out, family.name);
  out += R"(,"type":"GAUGE","help":)";
  append_json_string(out, family.help);
  out += R"(,"metrics":[)";
  bool first = true;
  for (const model::Series& series : family.metrics) {
    out += first ? R"({"labels":[)" : R"(,{"labels":[)";
    append_labels(out, series.labels);
    out += R"(],"metricPoints":[)";
    append_points(out, series.column, ends);
    out += "]}";
    first = false;
  }
  out += "]}";
  return out;
}

std::string error_json(int code, std::string_view message) {
  std::string out = R"({"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":)";
  out += std::to_string(code);
  out += R"(,"msg":)";
  append_json_string(out, message);
  out += "}]}";
  return out;
}

std::string min_step_json() { return R"({"data":1,"total":0,"limit":0,"offset":0,"errors":null})"; }

}  // namespace spm::http
