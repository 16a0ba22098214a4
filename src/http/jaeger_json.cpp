#include "jaeger_json.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "json_text.hpp"
#include "rfc3339.hpp"

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

/// The longest shortest form: -2.2250738585072014e-308.
constexpr std::size_t kMaxNumber = 24;

char* put_number(char* at, double value) noexcept {
  if (std::isfinite(value)) [[likely]]
    return std::to_chars(at, at + kMaxNumber, value).ptr;
  if (std::isnan(value)) return put(at, R"("NaN")");
  return put(at, value > 0 ? R"("Infinity")" : R"("-Infinity")");
}

/// Writes straight into `out`'s memory: room for the longest form of every point is made first, the rest given back.
void append_points(std::string& out, const model::Column& column, const PointEnds& ends) {
  constexpr std::size_t kMaxPoint = kPointHead.size() + kMaxNumber + PointEnds::kMaxSize;
  const std::size_t points = column.size();
  const std::size_t before = out.size();
  out.resize(before + column.count() * kMaxPoint);
  char* at = out.data() + before;
  for (std::size_t i = 0; i < points; ++i) {
    if (!column.has(i)) continue;
    at = put(at, kPointHead);
    at = put_number(at, column.value(i));
    at = put(at, ends.at(i));
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
  if (out.size() > before) out.pop_back();  // the comma of the last point
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
  std::string out = R"({"name":)";
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
