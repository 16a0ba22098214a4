#include "list_decoder.hpp"

#include <string_view>
#include <utility>

#include "answer_decoder.hpp"

namespace spm::prometheus {
namespace {

class ListDecoder final : private AnswerDecoder {
 public:
  base::Result<DecodedList> decode(const PaddedBuffer& body) {
    auto whole = read(body);
    if (!whole) return base::fail(std::move(whole.error()));
    AnswerRemarks remarks = take_remarks();
    return DecodedList{std::move(values_), std::move(remarks.warnings), remarks.infos};
  }

 private:
  bool read_data(Value& value) override {
    simdjson::ondemand::json_type kind{};
    if (const auto error = value.type().get(kind)) return broken(error);
    if (kind == simdjson::ondemand::json_type::null) {
      return is_null(value) || misbehaved("its data is no list");
    }
    if (kind != simdjson::ondemand::json_type::array) return misbehaved("its data is no list");
    Array list;
    if (const auto error = value.get_array().get(list)) return broken(error);
    for (auto element : list) {
      std::string_view text;
      if (const auto error = element.get_string().get(text)) return broken(error);
      values_.emplace_back(text);
    }
    return true;
  }

  std::vector<std::string> values_;
};

}  // namespace

base::Result<DecodedList> decode_list_answer(const PaddedBuffer& body) {
  ListDecoder decoder;
  return decoder.decode(body);
}

}  // namespace spm::prometheus
