#include <string>

#include <spm/base/utf8.hpp>

#include "error_body.hpp"
#include "fuzz_main.hpp"
#include "padded_buffer.hpp"
#include "range_decoder.hpp"

namespace {

using spm::prometheus::DecodedAnswer;
using spm::prometheus::DecodeLimits;
using spm::prometheus::PaddedBuffer;

/// What holds for every answer that is accepted, whatever was sent.
void check_accepted(const DecodedAnswer& answer, const spm::model::TimeGrid& asked, const DecodeLimits& limits) {
  const spm::model::TimeGrid& grid = answer.matrix.grid;
  fuzz_require(grid.step_ms == asked.step_ms, "the step is the one that was asked for");
  if (grid.start_ms == asked.start_ms) {
    fuzz_require(grid.points == asked.points, "a grid in its place keeps its length");
  } else {
    fuzz_require(asked.start_ms - grid.start_ms > 0 && asked.start_ms - grid.start_ms < grid.step_ms,
                 "a grid moves back by less than a step");
    fuzz_require(grid.points == asked.points + 1, "a moved grid has one point more");
  }
  fuzz_require(answer.matrix.series.size() <= limits.max_series, "the series limit holds");
  fuzz_require(answer.matrix.series.size() * grid.points <= limits.max_cells, "the limit on places holds");
  for (const auto& series : answer.matrix.series) {
    fuzz_require(series.column.size() == grid.points, "every column has the grid's length");
    fuzz_require(!series.column.none(), "no series is without points");
    for (const auto& label : series.labels) {
      fuzz_require(spm::base::is_valid_utf8(label.name) && spm::base::is_valid_utf8(label.value), "labels are UTF-8");
    }
  }
  for (const std::string& warning : answer.warnings) {
    fuzz_require(warning.find_first_of("\r\n") == std::string::npos, "warnings are one line");
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  const spm::model::TimeGrid asked{1'700'000'000'000, 15'000, 5};
  DecodeLimits limits;
  limits.max_series = 4;
  limits.max_cells = 20;
  const PaddedBuffer body(input);
  const auto answer = spm::prometheus::decode_range_answer(body, asked, limits);
  if (answer) {
    check_accepted(*answer, asked, limits);
    // The last character closes the document: without it there is no answer.
    const std::string_view whole = input.substr(0, input.find_last_of('}'));
    fuzz_require(!spm::prometheus::decode_range_answer(PaddedBuffer(whole), asked, limits),
                 "an answer without its end is refused");
  } else {
    fuzz_require(!answer.error().message.empty(), "every refusal has words");
  }
  static_cast<void>(spm::prometheus::decode_error_body(input));
}

const std::string_view* fuzz_words() {
  static constexpr std::string_view kWords[] = {"\"status\":\"success\"",
                                                "\"data\":{",
                                                "\"resultType\":\"matrix\"",
                                                "\"result\":[",
                                                "\"metric\":{",
                                                "\"values\":[",
                                                "[1700000000,\"1\"]",
                                                "[1699999995.5,\"NaN\"]",
                                                "\"+Inf\"",
                                                "1e400",
                                                "\"histograms\":[",
                                                "\"warnings\":[\"w\"]",
                                                "\"isPartial\":true",
                                                "null",
                                                "\\u0000",
                                                ""};
  return kWords;
}
