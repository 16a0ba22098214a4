#include "store_request.hpp"

#include <algorithm>
#include <array>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <spm/base/utf8.hpp>
#include <spm/promql/text.hpp>

namespace spm::prometheus {

using base::ErrorKind;

namespace {

constexpr std::array<std::string_view, 8> kOwnParameters = {"query",   "start", "end",   "step",
                                                            "timeout", "time",  "match", "limit"};

std::string encoded(std::string_view text) {
  boost::urls::encoding_opts options;
  options.space_as_plus = false;
  return boost::urls::encode(boost::urls::string_view(text.data(), text.size()), boost::urls::unreserved_chars,
                             options);
}

std::string timeout_text(std::chrono::milliseconds timeout) { return std::to_string(timeout.count()) + "ms"; }

/// Seconds, as everybody writes them. Stores that multiply them with 1e9 and cut the rest off lose a millisecond of
/// some (1.001): those go as a duration.
std::string step_text(std::int64_t step_ms) {
  const auto nanoseconds = static_cast<std::int64_t>(static_cast<double>(step_ms) / 1000 * 1e9);
  return nanoseconds / 1'000'000 == step_ms ? promql::decimal_seconds(step_ms) : std::to_string(step_ms) + "ms";
}

/// `match[]` is the same parameter as `match`.
std::string_view without_brackets(std::string_view name) noexcept {
  if (name.ends_with("[]")) name.remove_suffix(2);
  return name;
}

bool names(const Parameters& parameters, std::string_view name) {
  return std::ranges::any_of(
      parameters, [&](const auto& parameter) { return without_brackets(parameter.first) == without_brackets(name); });
}

Parameters listing_parameters(const Listing& of) {
  Parameters parameters;
  for (const std::string& selector : of.selectors) parameters.emplace_back("match[]", selector);
  if (of.start_ms) parameters.emplace_back("start", promql::decimal_seconds(*of.start_ms));
  if (of.end_ms) parameters.emplace_back("end", promql::decimal_seconds(*of.end_ms));
  return parameters;
}

StoreRequest list_request(const std::string& path, const Listing& of) {
  StoreRequest request;
  request.method = StoreRequest::Method::get;
  request.path = path;
  request.form = encode_form(listing_parameters(of));
  request.max_body_bytes = kMaxListBytes;
  request.endpoint = StoreRequest::Endpoint::optional;
  return request;
}

/// The name of one `name=value`, decoded as a server does it: '+' is a blank, a broken escape stands for itself.
std::string decoded_name(std::string_view pair) {
  std::string out;
  const std::string_view name = pair.substr(0, pair.find('='));
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%' && i + 2 < name.size() && digit(name[i + 1]) >= 0 && digit(name[i + 2]) >= 0) {
      out += static_cast<char>(digit(name[i + 1]) * 16 + digit(name[i + 2]));
      i += 2;
    } else {
      out += name[i] == '+' ? ' ' : name[i];
    }
  }
  return out;
}

/// `form` without what `taken` names.
std::string form_without(std::string_view form, const Parameters& taken) {
  std::string kept;
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    if (pair.empty() || names(taken, decoded_name(pair))) continue;
    if (!kept.empty()) kept += '&';
    kept += pair;
  }
  return kept;
}

}  // namespace

std::string encode_form(const Parameters& parameters) {
  std::string form;
  for (const auto& [name, value] : parameters) {
    if (!form.empty()) form += '&';
    form += encoded(name) + '=' + encoded(value);
  }
  return form;
}

StoreRequest range_request(const RangeQuery& query, std::chrono::milliseconds time_left) {
  StoreRequest request;
  request.path = "/api/v1/query_range";
  request.form = encode_form({{"query", query.text},
                              {"start", promql::decimal_seconds(query.grid.start_ms)},
                              {"end", promql::decimal_seconds(query.grid.last_ms())},
                              {"step", step_text(query.grid.step_ms)},
                              {"timeout", timeout_text(time_left)}});
  return request;
}

StoreRequest instant_request(const InstantQuery& query, std::chrono::milliseconds time_left) {
  Parameters parameters = {{"query", query.text}};
  if (query.at_ms) parameters.emplace_back("time", promql::decimal_seconds(*query.at_ms));
  parameters.emplace_back("timeout", timeout_text(time_left));
  StoreRequest request;
  request.path = "/api/v1/query";
  request.form = encode_form(parameters);
  return request;
}

StoreRequest probe_request(std::chrono::milliseconds time_left) {
  return instant_request(InstantQuery("1", std::nullopt), time_left);
}

base::Result<StoreRequest> label_values_request(std::string_view label, const Listing& of) {
  if (label.empty() || label == "." || label == "..") {
    return base::fail(ErrorKind::query_rejected,
                      "the metrics store has no way to be asked for the values of a label "
                      "with the name \"" +
                          std::string(label) + "\"");
  }
  return list_request("/api/v1/label/" + encoded(label) + "/values", of);
}

StoreRequest label_names_request(const Listing& of) { return list_request("/api/v1/labels", of); }

StoreRequest identity_request() {
  StoreRequest request;
  request.method = StoreRequest::Method::get;
  request.path = "/api/v1/status/buildinfo";
  request.max_body_bytes = kMaxIdentityBytes;
  return request;
}

base::Result<StoreRequest> forwarded_request(std::string path, std::string form) {
  const auto is_harmless = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' ||
           c == '-';
  };
  if (!path.starts_with('/') || path.starts_with("//") || !std::ranges::all_of(path, is_harmless)) {
    return base::fail(ErrorKind::internal, "a request to \"" + base::printable(path, 100) + "\" cannot be sent on");
  }
  StoreRequest request;
  request.path = std::move(path);
  request.form = std::move(form);
  request.foreign_form = true;
  return request;
}

base::Result<Parameters> common_parameters(const Parameters& configured, const Parameters& callers) {
  Parameters common = configured;
  for (const auto& [name, value] : callers) {
    if (is_own_parameter(name)) {
      return base::fail(base::invalid_parameter(
          base::printable(name, 100), "cannot be passed on to the metrics store: this service sets it itself"));
    }
    if (!names(configured, name)) common.emplace_back(name, value);
  }
  return common;
}

std::string whole_form(const StoreRequest& request, const Parameters& common) {
  std::string form = request.foreign_form ? form_without(request.form, common) : request.form;
  const std::string more = encode_form(common);
  if (!form.empty() && !more.empty()) form += '&';
  return form + more;
}

bool is_own_parameter(std::string_view name) noexcept {
  return std::ranges::find(kOwnParameters, without_brackets(name)) != kOwnParameters.end();
}

}  // namespace spm::prometheus
