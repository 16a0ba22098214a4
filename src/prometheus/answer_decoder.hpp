#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include <spm/base/result.hpp>
#include <spm/base/utf8.hpp>
#include <spm/model/matrix.hpp>

#include "number_text.hpp"
#include "padded_buffer.hpp"

namespace spm::prometheus {

/// What every successful answer of the API carries beside its data.
struct AnswerRemarks {
  std::vector<std::string> warnings;  ///< about the data; printable, bounded in number and length
  std::size_t infos = 0;              ///< remarks about the query itself
};

/// Reads {"status":"success","data":..,"warnings":[..],"infos":[..]} in one pass over one document; what `data` is, the
/// derived class knows. Keys may come in any order. What is not wholly there is store_misbehaved: nothing is ever left
/// out in silence. Every step returns false once the error is set.
class AnswerDecoder {
 public:
  AnswerDecoder(const AnswerDecoder&) = delete;
  AnswerDecoder& operator=(const AnswerDecoder&) = delete;

 protected:
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;
  using Array = simdjson::ondemand::array;

  AnswerDecoder() = default;
  ~AnswerDecoder() = default;

  /// The whole document. Call once; afterwards the data is what read_data() made of it.
  base::Result<void> read(const PaddedBuffer& body);
  virtual bool read_data(Value& value) = 0;

  bool misbehaved(std::string_view what);
  bool broken(simdjson::error_code error);
  bool too_large(std::string what, std::string_view setting);
  void warn(std::string_view text);
  /// The remarks, with the number of those that were too many.
  AnswerRemarks take_remarks();

  /// Calls visit(key, value) for each member; visit returns false to stop.
  template <class Visit>
  bool each_member(Object& object, Visit visit) {
    for (auto member : object) {
      simdjson::ondemand::field field;
      if (const auto error = std::move(member).get(field)) return broken(error);
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return broken(error);
      Value value = std::move(field).value();
      if (!visit(key, value)) return false;
    }
    return true;
  }

  /// Guards a key that may stand in an object only once.
  bool once(bool& seen, std::string_view key);
  bool read_partial(Value& value);
  bool read_labels(Value& value, model::LabelSet& labels);

  /// [1435781451.781, "0.5"]
  bool read_point(Value& value, std::int64_t& time_ms, double& sample) {
    Array pair;
    if (const auto error = value.get_array().get(pair)) return broken(error);
    std::size_t members = 0;
    for (auto member : pair) {
      Value scalar;
      if (const auto error = member.get(scalar)) return broken(error);
      if (members == 0 ? !read_time(scalar, time_ms) : !read_sample(scalar, sample)) return false;
      if (++members > 2) return misbehaved("a point has more than a time and a value");
    }
    return members == 2 || misbehaved("a point has no value");
  }

  bool read_time(Value& scalar, std::int64_t& time_ms) {
    const std::string_view text = token_of(scalar);
    const auto parsed = parse_seconds_as_ms(text);
    if (!parsed) return misbehaved("\"" + base::printable(text, 40) + "\" is no timestamp");
    time_ms = *parsed;
    return true;
  }

  bool read_sample(Value& scalar, double& sample) {
    std::string_view text = token_of(scalar);
    // A string's token begins with its quote, and has no escapes where it is a number.
    if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.find('"', 1) - 1);
    const auto parsed = parse_sample_value(text);
    if (!parsed) return misbehaved("\"" + base::printable(text, 40) + "\" is no sample value");
    sample = *parsed;
    return true;
  }

  static bool is_null(Value& value) { return token_of(value) == "null"; }

  /// A scalar as it is written. Its token ends where the next structural character begins: blanks between them belong
  /// to it.
  static std::string_view token_of(Value& scalar) {
    std::string_view text = scalar.raw_json_token();
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t')) {
      text.remove_suffix(1);
    }
    return text;
  }

 private:
  bool read_document(simdjson::ondemand::document& document);
  bool read_status(Value& value);
  bool read_remarks(Value& value, bool about_query);

  AnswerRemarks remarks_;
  std::size_t more_warnings_ = 0;
  std::optional<base::Error> error_;
  bool saw_status_ = false;
  bool saw_data_ = false;
};

}  // namespace spm::prometheus
