#include "range_decoder.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include <spm/base/utf8.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/promql/text.hpp>

#include "number_text.hpp"

namespace spm::prometheus {
namespace {

namespace ondemand = simdjson::ondemand;
using base::Error;
using base::ErrorKind;

constexpr std::size_t kMaxWarnings = 10;
constexpr std::size_t kMaxWarningBytes = 500;

/// A scalar's text ends where the next structural character begins: blanks between them belong to it.
std::string_view without_trailing_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// Whether the last token has been read. simdjson 3.0 tells it by having no place left.
bool at_end(ondemand::document& document) noexcept {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

/// One pass over one document. Every step returns false once error_ is set.
class RangeDecoder {
 public:
  RangeDecoder(const model::TimeGrid& asked, const DecodeLimits& limits) : limits_(limits) {
    answer_.matrix.grid = asked;
  }

  base::Result<DecodedAnswer> decode(const PaddedBuffer& body) {
    ondemand::parser parser;
    ondemand::document document;
    if (const auto error = parser.iterate(body.data(), body.size(), body.allocated()).get(document)) {
      static_cast<void>(broken(error));
    } else if (read_document(document) && !at_end(document)) {
      static_cast<void>(misbehaved("more follows the end of the JSON document"));
    }
    if (!error_ && !saw_status_) static_cast<void>(misbehaved("the JSON has no status"));
    if (!error_ && !saw_matrix_) static_cast<void>(misbehaved("the JSON has no data of type matrix"));
    if (error_) return base::fail(std::move(*error_));
    note_oddities();
    return std::move(answer_);
  }

 private:
  bool misbehaved(std::string_view what) {
    if (!error_) error_ = Error(ErrorKind::store_misbehaved, "the store's answer is not usable: " + std::string(what));
    return false;
  }
  bool broken(simdjson::error_code error) {
    return misbehaved("it is not whole, valid JSON (" + std::string(simdjson::error_message(error)) + ")");
  }
  bool too_large(std::string what, std::string_view setting) {
    error_ = Error(ErrorKind::answer_too_large,
                   std::move(what) + "; ask for fewer services or a longer step, or raise " + std::string(setting));
    return false;
  }

  /// Calls visit(key, value) for each member; visit returns false to stop.
  template <class Visit>
  bool each_member(ondemand::object& object, Visit visit) {
    for (auto member : object) {
      ondemand::field field;
      if (const auto error = std::move(member).get(field)) return broken(error);
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return broken(error);
      ondemand::value value = std::move(field).value();
      if (!visit(key, value)) return false;
    }
    return true;
  }

  static bool is_null(ondemand::value& value) { return without_trailing_blanks(value.raw_json_token()) == "null"; }

  bool once(bool& seen, std::string_view key) {
    if (std::exchange(seen, true)) return misbehaved("\"" + std::string(key) + "\" appears twice in one object");
    return true;
  }

  bool read_document(ondemand::document& document) {
    ondemand::object root;
    if (const auto error = document.get_object().get(root)) return broken(error);
    return each_member(root, [&](std::string_view key, ondemand::value& value) {
      if (key == "status") return once(saw_status_, key) && read_status(value);
      if (key == "data") return once(saw_data_, key) && read_data(value);
      if (key == "warnings") return read_remarks(value, false);
      if (key == "infos") return read_remarks(value, true);
      if (key == "isPartial") return read_partial(value);
      return true;
    });
  }

  bool read_status(ondemand::value& value) {
    std::string_view status;
    if (const auto error = value.get_string().get(status)) return broken(error);
    if (status == "success") return true;
    return misbehaved("its status is \"" + base::printable(status, 50) + "\" although the HTTP status says success");
  }

  bool read_partial(ondemand::value& value) {
    bool partial = false;
    if (const auto error = value.get_bool().get(partial)) return broken(error);
    if (partial) warn("the store says that its answer is partial");
    return true;
  }

  bool read_remarks(ondemand::value& value, bool about_query) {
    if (is_null(value)) return true;
    ondemand::array remarks;
    if (const auto error = value.get_array().get(remarks)) return broken(error);
    for (auto element : remarks) {
      std::string_view text;
      if (const auto error = element.get_string().get(text)) return broken(error);
      // Prometheus 3 sends remarks about the query itself among the warnings, on ordinary answers.
      if (about_query || text.starts_with("PromQL warning:") || text.starts_with("PromQL info:")) {
        ++answer_.infos;
      } else {
        warn(text);
      }
    }
    return true;
  }

  void warn(std::string_view text) {
    if (answer_.warnings.size() < kMaxWarnings) {
      answer_.warnings.push_back(base::printable(text, kMaxWarningBytes));
    } else {
      ++more_warnings_;
    }
  }

  bool read_data(ondemand::value& value) {
    ondemand::object data;
    if (const auto error = value.get_object().get(data)) return broken(error);
    bool saw_type = false;
    bool saw_result = false;
    const bool whole = each_member(data, [&](std::string_view key, ondemand::value& member) {
      if (key == "resultType") return once(saw_type, key) && read_type(member);
      if (key == "result") return once(saw_result, key) && read_result(member);
      if (key == "isPartial") return read_partial(member);
      return true;
    });
    saw_matrix_ = saw_type && saw_result;
    return whole;
  }

  bool read_type(ondemand::value& value) {
    std::string_view type;
    if (const auto error = value.get_string().get(type)) return broken(error);
    if (type == "matrix") return true;
    return misbehaved("its result type is \"" + base::printable(type, 50) + "\" instead of \"matrix\"");
  }

  bool read_result(ondemand::value& value) {
    ondemand::array result;
    if (const auto error = value.get_array().get(result)) return broken(error);
    for (auto element : result) {
      ondemand::object series;
      if (const auto error = element.get_object().get(series)) return broken(error);
      if (++seen_series_ > limits_.max_series) {
        return too_large("the answer has more than " + std::to_string(limits_.max_series) + " series",
                         kMaxSeriesSetting);
      }
      if (!read_series(series)) return false;
    }
    return true;
  }

  bool read_series(ondemand::object& object) {
    model::Series series;
    bool saw_metric = false;
    bool saw_values = false;
    const bool whole = each_member(object, [&](std::string_view key, ondemand::value& value) {
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
    if (series.column.size() > 0) answer_.matrix.series.push_back(std::move(series));
    return true;
  }

  bool read_labels(ondemand::value& value, model::LabelSet& labels) {
    ondemand::object metric;
    if (const auto error = value.get_object().get(metric)) return broken(error);
    return each_member(metric, [&](std::string_view key, ondemand::value& member) {
      if (model::find_label(labels, key) != nullptr) return misbehaved("a label appears twice in one series");
      std::string name(key);
      std::string_view text;
      if (const auto error = member.get_string().get(text)) return broken(error);
      labels.push_back(model::Label{std::move(name), std::string(text)});
      return true;
    });
  }

  bool read_points(ondemand::value& value, model::Column& column) {
    ondemand::array points;
    if (const auto error = value.get_array().get(points)) return broken(error);
    std::size_t next = 0;
    for (auto element : points) {
      ondemand::array pair;
      if (const auto error = element.get_array().get(pair)) return broken(error);
      std::int64_t time_ms = 0;
      double sample = 0;
      std::size_t members = 0;
      for (auto member : pair) {
        ondemand::value scalar;
        if (const auto error = member.get(scalar)) return broken(error);
        if (members == 0 ? !read_time(scalar, time_ms) : !read_sample(scalar, sample)) return false;
        if (++members > 2) return misbehaved("a point has more than a time and a value");
      }
      if (members != 2) return misbehaved("a point has no value");
      if (!place(time_ms, sample, column, next)) return false;
    }
    return true;
  }

  bool read_time(ondemand::value& scalar, std::int64_t& time_ms) {
    const std::string_view text = without_trailing_blanks(scalar.raw_json_token());
    const auto parsed = parse_seconds_as_ms(text);
    if (!parsed) return misbehaved("\"" + base::printable(text, 40) + "\" is no timestamp");
    time_ms = *parsed;
    return true;
  }

  bool read_sample(ondemand::value& scalar, double& sample) {
    std::string_view text = without_trailing_blanks(scalar.raw_json_token());
    // A string's token begins with its quote, and has no escapes where it is a number.
    if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.find('"', 1) - 1);
    const auto parsed = parse_sample_value(text);
    if (!parsed) return misbehaved("\"" + base::printable(text, 40) + "\" is no sample value");
    sample = *parsed;
    return true;
  }

  /// Where the answer's points lie, known from the first one.
  bool fix_grid(std::int64_t time_ms) {
    model::TimeGrid& grid = answer_.matrix.grid;
    const std::int64_t phase = ((time_ms - grid.start_ms) % grid.step_ms + grid.step_ms) % grid.step_ms;
    if (phase != 0) {
      grid.start_ms += phase - grid.step_ms;
      ++grid.points;
    }
    return grid_known_ = true;
  }

  bool place(std::int64_t time_ms, double sample, model::Column& column, std::size_t& next) {
    const model::TimeGrid& grid = answer_.matrix.grid;
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
    const std::size_t points = answer_.matrix.grid.points;
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
    if (more_warnings_ > 0) {
      answer_.warnings.push_back("and " + std::to_string(more_warnings_) + " more warnings");
    }
  }

  DecodeLimits limits_;
  DecodedAnswer answer_;
  std::optional<Error> error_;
  bool saw_status_ = false;
  bool saw_data_ = false;
  bool saw_matrix_ = false;
  bool grid_known_ = false;
  bool repeated_points_ = false;
  std::size_t seen_series_ = 0;
  std::size_t native_histograms_ = 0;
  std::size_t more_warnings_ = 0;
  std::size_t cells_ = 0;
};

}  // namespace

base::Result<DecodedAnswer> decode_range_answer(const PaddedBuffer& body, const model::TimeGrid& asked,
                                                const DecodeLimits& limits) {
  RangeDecoder decoder(asked, limits);
  return decoder.decode(body);
}

}  // namespace spm::prometheus
