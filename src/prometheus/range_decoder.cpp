#include "range_decoder.hpp"

#include <string_view>
#include <utility>

#include <spm/prometheus/store_options.hpp>
#include <spm/promql/text.hpp>

#include "answer_decoder.hpp"

namespace spm::prometheus {
namespace {

class RangeDecoder final : private AnswerDecoder {
 public:
  RangeDecoder(const model::TimeGrid& asked, const DecodeLimits& limits) : limits_(limits) { matrix_.grid = asked; }

  base::Result<DecodedAnswer> decode(const PaddedBuffer& body) {
    auto whole = read(body);
    if (!whole) return base::fail(std::move(whole.error()));
    note_oddities();
    AnswerRemarks remarks = take_remarks();
    return DecodedAnswer{std::move(matrix_), std::move(remarks.warnings), remarks.infos};
  }

 private:
  bool read_data(Value& value) override {
    Object data;
    if (const auto error = value.get_object().get(data)) return broken(error);
    bool saw_type = false;
    bool saw_result = false;
    const bool whole = each_member(data, [&](std::string_view key, Value& member) {
      if (key == "resultType") return once(saw_type, key) && read_type(member);
      if (key == "result") return once(saw_result, key) && read_result(member);
      if (key == "isPartial") return read_partial(member);
      return true;
    });
    if (!whole) return false;
    return (saw_type && saw_result) || misbehaved("the JSON has no data of type matrix");
  }

  bool read_type(Value& value) {
    std::string_view type;
    if (const auto error = value.get_string().get(type)) return broken(error);
    if (type == "matrix") return true;
    return misbehaved("its result type is \"" + base::printable(type, 50) + "\" instead of \"matrix\"");
  }

  bool read_result(Value& value) {
    Array result;
    if (const auto error = value.get_array().get(result)) return broken(error);
    for (auto element : result) {
      Object series;
      if (const auto error = element.get_object().get(series)) return broken(error);
      if (++seen_series_ > limits_.max_series) {
        return too_large("the answer has more than " + std::to_string(limits_.max_series) + " series",
                         kMaxSeriesSetting);
      }
      if (!read_series(series)) return false;
    }
    return true;
  }

  bool read_series(Object& object) {
    model::Series series;
    bool saw_metric = false;
    bool saw_values = false;
    const bool whole = each_member(object, [&](std::string_view key, Value& value) {
      if (key == "metric") return once(saw_metric, key) && read_labels(value, series.labels);
      if (key == "values") return once(saw_values, key) && read_points(value, series.column);
      if (key == "histograms") {
        ++native_histograms_;
        return true;
      }
      if (key == "value") return misbehaved("it holds instant values instead of ranges");
      return true;
    });
    if (!whole) return false;
    if (!saw_metric) return misbehaved("a series has no labels object");
    // Without a point (only native histograms, or an empty list) there is nothing to show.
    if (series.column.size() > 0) matrix_.series.push_back(std::move(series));
    return true;
  }

  bool read_points(Value& value, model::Column& column) {
    Array points;
    if (const auto error = value.get_array().get(points)) return broken(error);
    std::size_t next = 0;
    for (auto element : points) {
      Value point;
      if (const auto error = element.get(point)) return broken(error);
      std::int64_t time_ms = 0;
      double sample = 0;
      if (!read_point(point, time_ms, sample) || !place(time_ms, sample, column, next)) return false;
    }
    return true;
  }

  /// Where the answer's points lie, known from the first one.
  bool fix_grid(std::int64_t time_ms) {
    model::TimeGrid& grid = matrix_.grid;
    const std::int64_t phase = ((time_ms - grid.start_ms) % grid.step_ms + grid.step_ms) % grid.step_ms;
    if (phase != 0) {
      grid.start_ms += phase - grid.step_ms;
      ++grid.points;
    }
    return grid_known_ = true;
  }

  bool place(std::int64_t time_ms, double sample, model::Column& column, std::size_t& next) {
    const model::TimeGrid& grid = matrix_.grid;
    if (!grid_known_) static_cast<void>(fix_grid(time_ms));
    std::size_t index = next;
    if (index >= grid.points || grid.at(index) != time_ms) {
      const std::int64_t distance = time_ms - grid.start_ms;
      if (distance % grid.step_ms != 0) {
        return misbehaved("the timestamp " + promql::decimal_seconds(time_ms) + " is not on the grid of the others");
      }
      if (distance < 0 || distance / grid.step_ms >= static_cast<std::int64_t>(grid.points)) {
        return misbehaved("the timestamp " + promql::decimal_seconds(time_ms) +
                          " is outside the window that was asked for");
      }
      index = static_cast<std::size_t>(distance / grid.step_ms);
    }
    if (column.size() == 0 && !make_column(column)) return false;
    if (column.has(index)) repeated_points_ = true;
    column.set(index, sample);
    next = index + 1;
    return true;
  }

  bool make_column(model::Column& column) {
    const std::size_t points = matrix_.grid.points;
    if (points > limits_.max_cells || cells_ > limits_.max_cells - points) {
      return too_large("the answer has more than " + std::to_string(limits_.max_cells) + " places for points",
                       kMaxCellsSetting);
    }
    cells_ += points;
    column = model::Column(points);
    return true;
  }

  void note_oddities() {
    if (native_histograms_ > 0) {
      warn("native histogram samples of " + std::to_string(native_histograms_) + " series were left out");
    }
    if (repeated_points_) warn("the store sent several values for one time; the last one counts");
  }

  DecodeLimits limits_;
  model::Matrix matrix_;
  bool grid_known_ = false;
  bool repeated_points_ = false;
  std::size_t seen_series_ = 0;
  std::size_t native_histograms_ = 0;
  std::size_t cells_ = 0;
};

}  // namespace

base::Result<DecodedAnswer> decode_range_answer(const PaddedBuffer& body, const model::TimeGrid& asked,
                                                const DecodeLimits& limits) {
  RangeDecoder decoder(asked, limits);
  return decoder.decode(body);
}

}  // namespace spm::prometheus
