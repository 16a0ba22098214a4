#include "form.hpp"

#include <algorithm>
#include <optional>

#include <boost/url/pct_string_view.hpp>

#include <spm/base/utf8.hpp>

namespace spm::http {
namespace {

namespace urls = boost::urls;
using base::ErrorKind;
using base::fail;
using base::Result;

bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Boost.URL's percent-decoding, not its query parser: that one refuses characters which browsers leave unencoded.
Result<urls::pct_string_view> with_good_escapes(std::string_view text) {
  const auto checked = urls::make_pct_string_view(urls::string_view(text.data(), text.size()));
  if (checked) return *checked;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) {
      return fail(ErrorKind::invalid_argument,
                  "bad percent escape '" + base::printable(text.substr(i, 3)) +
                      "': write two hexadecimal digits after '%', or %25 for a percent sign");
    }
  }
  return fail(ErrorKind::invalid_argument, "the percent-encoding cannot be read: " + checked.error().message());
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  if (text.find('%') == std::string_view::npos) {
    std::string plain(text);
    if (plus_is_space) std::ranges::replace(plain, '+', ' ');
    return plain;
  }
  const auto escaped = with_good_escapes(text);
  if (!escaped) return fail(escaped.error());
  urls::encoding_opts options;
  options.space_as_plus = plus_is_space;
  return escaped->decode(options);
}

}  // namespace

const Parameter* Parameters::first(std::string_view name) const noexcept {
  const auto found = std::ranges::find(all_, name, &Parameter::name);
  return found == all_.end() ? nullptr : &*found;
}

std::string_view Parameters::value(std::string_view name) const noexcept {
  const Parameter* parameter = first(name);
  return parameter == nullptr ? std::string_view() : std::string_view(parameter->value);
}

Result<Parameters> decode_form(std::string_view text, std::size_t max_parameters) {
  Parameters parameters;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    if (parameters.size() == max_parameters) {
      return fail(ErrorKind::invalid_argument, "more than " + std::to_string(max_parameters) +
                                                   " parameters in one request: ask in several requests");
    }
    const std::size_t equals = pair.find('=');
    const std::string_view raw_value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    auto name = decode(pair.substr(0, equals), true);
    if (!name) return fail(std::move(name.error()));
    auto value = decode(raw_value, true);
    if (!value) return fail(std::move(value.error()));
    auto with_plus = decode(raw_value, false);
    if (!with_plus) return fail(std::move(with_plus.error()));
    Parameter parameter;
    parameter.name = std::move(*name);
    parameter.value = std::move(*value);
    parameter.value_with_plus = std::move(*with_plus);
    parameters.add(std::move(parameter));
  }
  return parameters;
}

Result<std::string> percent_decode(std::string_view text) { return decode(text, false); }

}  // namespace spm::http
