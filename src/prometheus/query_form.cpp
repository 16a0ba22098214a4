#include "query_form.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <spm/promql/text.hpp>

namespace spm::prometheus {
namespace {

void append_encoded(std::string& form, std::string_view text) {
  boost::urls::encoding_opts options;
  options.space_as_plus = false;
  form +=
      boost::urls::encode(boost::urls::string_view(text.data(), text.size()), boost::urls::unreserved_chars, options);
}

std::string timeout_text(std::chrono::milliseconds timeout) { return std::to_string(timeout.count()) + "ms"; }

}  // namespace

std::string encode_form(const Parameters& parameters) {
  std::string form;
  for (const auto& [name, value] : parameters) {
    if (!form.empty()) form += '&';
    append_encoded(form, name);
    form += '=';
    append_encoded(form, value);
  }
  return form;
}

std::string range_form(const RangeQuery& query, std::chrono::milliseconds timeout, const Parameters& extra) {
  Parameters parameters = {{"query", query.text},
                           {"start", promql::decimal_seconds(query.grid.start_ms)},
                           {"end", promql::decimal_seconds(query.grid.last_ms())},
                           {"step", promql::decimal_seconds(query.grid.step_ms)},
                           {"timeout", timeout_text(timeout)}};
  parameters.insert(parameters.end(), extra.begin(), extra.end());
  return encode_form(parameters);
}

std::string probe_form(std::chrono::milliseconds timeout, const Parameters& extra) {
  Parameters parameters = {{"query", "1"}, {"timeout", timeout_text(timeout)}};
  parameters.insert(parameters.end(), extra.begin(), extra.end());
  return encode_form(parameters);
}

}  // namespace spm::prometheus
