#include "prometheus_form.hpp"

#include <algorithm>

#include <spm/base/utf8.hpp>

#include "form.hpp"
#include "text.hpp"

namespace spm::http {
namespace {

using base::fail;
using base::Result;

using Entries = std::vector<PrometheusForm::Entry>;

Entries grouped(const Parameters& parameters) {
  Entries entries;
  for (const Parameter& parameter : parameters) {
    auto found = std::ranges::find(entries, parameter.name, &PrometheusForm::Entry::name);
    if (found == entries.end()) found = entries.insert(entries.end(), {parameter.name, {}});
    found->values.push_back(parameter.value);
  }
  return entries;
}

Result<void> check_content_type(const Headers& headers) {
  const std::string* type = headers.find("Content-Type");
  if (type == nullptr) return {};
  const std::string_view media = trimmed(std::string_view(*type).substr(0, type->find(';')));
  if (equal_ignoring_case(media, "application/x-www-form-urlencoded")) return {};
  return fail(base::ErrorKind::invalid_argument, "a body of type '" + base::printable(media, 60) +
                                                     "' is not read here, send application/x-www-form-urlencoded");
}

bool is_unreserved(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
  }
}

// More names than any client has; comparing each with each stays cheap.
constexpr std::size_t kMaxFormParameters = 200;

}  // namespace

Result<PrometheusForm> PrometheusForm::read(const Request& request) {
  auto in_url = decode_form(request.head.query, kMaxFormParameters);
  if (!in_url) return fail(std::move(in_url.error()));
  PrometheusForm form;
  form.entries_ = grouped(*in_url);
  if (request.body.empty()) return form;

  if (auto known = check_content_type(request.head.headers); !known) return fail(std::move(known.error()));
  auto in_body = decode_form(request.body, kMaxFormParameters);
  if (!in_body) return fail(std::move(in_body.error()));
  for (Entry& entry : grouped(*in_body)) {
    const auto known = std::ranges::find(form.entries_, entry.name, &Entry::name);
    if (known == form.entries_.end()) {
      form.entries_.push_back(std::move(entry));
    } else if (known->values != entry.values) {
      return fail(base::invalid_parameter(
          entry.name, "its value in the URL differs from the one in the body: send it once, or the same in both"));
    }
  }
  return form;
}

Result<std::string> PrometheusForm::one(std::string_view name) const {
  const std::vector<std::string>& values = all(name);
  if (values.empty()) return std::string();
  const bool same = std::ranges::all_of(values, [&](const std::string& value) { return value == values.front(); });
  if (!same) return fail(base::invalid_parameter(name, "it is given more than once with different values: send one"));
  return values.front();
}

const std::vector<std::string>& PrometheusForm::all(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  return found == entries_.end() ? none : found->values;
}

std::string PrometheusForm::encoded() const {
  std::string out;
  for (const Entry& entry : entries_) {
    for (const std::string& value : entry.values) {
      if (!out.empty()) out += '&';
      append_encoded(out, entry.name);
      out += '=';
      append_encoded(out, value);
    }
  }
  return out;
}

}  // namespace spm::http
