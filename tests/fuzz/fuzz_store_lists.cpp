#include <string>

#include <spm/base/utf8.hpp>

#include "fuzz_main.hpp"
#include "identity_decoder.hpp"
#include "instant_decoder.hpp"
#include "list_decoder.hpp"
#include "padded_buffer.hpp"

namespace {

using spm::prometheus::PaddedBuffer;

constexpr std::size_t kMaxSeries = 4;

void check_warnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    fuzz_require(warning.find_first_of("\r\n") == std::string::npos, "warnings are one line");
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  const PaddedBuffer body(input);
  const PaddedBuffer cut(input.substr(0, input.find_last_of('}')));

  const auto instant = spm::prometheus::decode_instant_answer(body, kMaxSeries);
  if (instant) {
    fuzz_require(instant->samples.size() <= kMaxSeries, "the series limit holds");
    for (const auto& sample : instant->samples) {
      for (const auto& label : sample.labels) {
        fuzz_require(spm::base::is_valid_utf8(label.name) && spm::base::is_valid_utf8(label.value), "labels are UTF-8");
      }
    }
    check_warnings(instant->warnings);
    fuzz_require(!spm::prometheus::decode_instant_answer(cut, kMaxSeries), "an answer without its end is refused");
  } else {
    fuzz_require(!instant.error().message.empty(), "every refusal has words");
  }

  const auto list = spm::prometheus::decode_list_answer(body);
  if (list) {
    fuzz_require(!instant, "a list is no vector");
    for (const std::string& value : list->values) {
      fuzz_require(spm::base::is_valid_utf8(value), "values are UTF-8");
    }
    check_warnings(list->warnings);
    fuzz_require(!spm::prometheus::decode_list_answer(cut), "a list without its end is refused");
  } else {
    fuzz_require(!list.error().message.empty(), "every refusal has words");
  }

  const auto identity = spm::prometheus::decode_identity(input, false);
  fuzz_require(identity.version.size() <= 400 && identity.version.find('\n') == std::string::npos,
               "a version is short and one line");
}

const std::string_view* fuzz_words() {
  static constexpr std::string_view kWords[] = {"\"status\":\"success\"",
                                                "\"data\":{",
                                                "\"data\":[",
                                                "\"data\":null",
                                                "\"resultType\":\"vector\"",
                                                "\"resultType\":\"scalar\"",
                                                "\"result\":[",
                                                "\"metric\":{",
                                                "\"value\":[1700000000.5,\"1\"]",
                                                "\"histogram\":[1,{}]",
                                                "\"NaN\"",
                                                "\"+Inf\"",
                                                "\"version\":\"2.42.0\"",
                                                "\"warnings\":[\"w\"]",
                                                "\"isPartial\":true",
                                                "null",
                                                "\\u0000",
                                                ""};
  return kWords;
}
