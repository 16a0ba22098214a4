#include "instant_decoder.hpp"

#include <string_view>
#include <utility>

#include <spm/prometheus/store_options.hpp>

#include "answer_decoder.hpp"

namespace spm::prometheus {
namespace {

class InstantDecoder final : private AnswerDecoder {
 public:
  explicit InstantDecoder(std::size_t max_series) : max_series_(max_series) {}

  base::Result<DecodedInstant> decode(const PaddedBuffer& body) {
    auto whole = read(body);
    if (!whole) return base::fail(std::move(whole.error()));
    if (native_histograms_ > 0) {
      warn("native histogram samples of " + std::to_string(native_histograms_) + " series were left out");
    }
    AnswerRemarks remarks = take_remarks();
    return DecodedInstant{std::move(samples_), std::move(remarks.warnings), remarks.infos};
  }

 private:
  bool read_data(Value& value) override {
    Object data;
    if (const auto error = value.get_object().get(data)) return broken(error);
    bool saw_type = false;
    bool saw_result = false;
    std::string type;
    bool scalar = false;
    const bool whole = each_member(data, [&](std::string_view key, Value& member) {
      if (key == "resultType") return once(saw_type, key) && read_type(member, type);
      if (key == "result") return once(saw_result, key) && read_result(member, scalar);
      if (key == "isPartial") return read_partial(member);
      return true;
    });
    if (!whole) return false;
    if (!saw_type || !saw_result) return misbehaved("the JSON has no data of type vector or scalar");
    if (scalar != (type == "scalar")) return misbehaved("its result is not of its result type \"" + type + "\"");
    return true;
  }

  bool read_type(Value& value, std::string& type) {
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return broken(error);
    type = text;
    if (type == "vector" || type == "scalar") return true;
    return misbehaved("its result type is \"" + base::printable(type, 50) + "\" instead of \"vector\" or \"scalar\"");
  }

  /// A vector holds objects, a scalar a time and a value: the first element tells, in whatever order the keys come.
  bool read_result(Value& value, bool& scalar) {
    Array result;
    if (const auto error = value.get_array().get(result)) return broken(error);
    Sample lone;
    std::size_t members = 0;
    for (auto element : result) {
      Value member;
      if (const auto error = element.get(member)) return broken(error);
      if (members == 0) {
        simdjson::ondemand::json_type kind{};
        if (const auto error = member.type().get(kind)) return broken(error);
        scalar = kind != simdjson::ondemand::json_type::object;
      }
      ++members;
      if (!scalar) {
        if (!read_vector_member(member, members)) return false;
      } else if (members > 2) {
        return misbehaved("a point has more than a time and a value");
      } else if (members == 1 ? !read_time(member, lone.at_ms) : !read_sample(member, lone.value)) {
        return false;
      }
    }
    if (!scalar) return true;
    if (members != 2) return misbehaved("a point has no value");
    samples_.push_back(std::move(lone));
    return true;
  }

  bool read_vector_member(Value& value, std::size_t number) {
    if (number > max_series_) {
      return too_large("the answer has more than " + std::to_string(max_series_) + " series", kMaxSeriesSetting);
    }
    Object object;
    if (const auto error = value.get_object().get(object)) return broken(error);
    Sample sample;
    bool saw_metric = false;
    bool saw_value = false;
    bool saw_histogram = false;
    const bool whole = each_member(object, [&](std::string_view key, Value& member) {
      if (key == "metric") return once(saw_metric, key) && read_labels(member, sample.labels);
      if (key == "value") return once(saw_value, key) && read_point(member, sample.at_ms, sample.value);
      if (key == "histogram") return once(saw_histogram, key);
      if (key == "values") return misbehaved("it holds ranges instead of instant values");
      return true;
    });
    if (!whole) return false;
    if (!saw_metric) return misbehaved("a series has no labels object");
    if (saw_value) {
      samples_.push_back(std::move(sample));
    } else if (saw_histogram) {
      ++native_histograms_;
    } else {
      return misbehaved("a series has no value");
    }
    return true;
  }

  std::size_t max_series_;
  std::vector<Sample> samples_;
  std::size_t native_histograms_ = 0;
};

}  // namespace

base::Result<DecodedInstant> decode_instant_answer(const PaddedBuffer& body, std::size_t max_series) {
  InstantDecoder decoder(max_series);
  return decoder.decode(body);
}

}  // namespace spm::prometheus
