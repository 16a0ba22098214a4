#include <algorithm>
#include <array>

#include <spm/base/utf8.hpp>
#include <spm/prometheus/store_options.hpp>

#include "header_text.hpp"
#include "store_request.hpp"

namespace spm::prometheus {
namespace {

// What frames a message, names its target, or is set for every request already.
constexpr std::array<std::string_view, 18> kOwnHeaders = {
    "host",    "content-length",  "transfer-encoding", "connection",  "te",           "trailer",
    "upgrade", "expect",          "keep-alive",        "via",         "user-agent",   "content-type",
    "accept",  "accept-encoding", "proxy-connection",  "traceparent", "x-request-id", "content-encoding"};

base::Result<void> refuse(std::string_view setting, std::string reason) {
  return base::fail(base::Error(base::ErrorKind::invalid_argument, std::string(setting) + ": " + std::move(reason))
                        .about(std::string(setting)));
}

}  // namespace

base::Result<void> check_store_options(const StoreOptions& options) {
  for (const auto& [name, value] : options.headers) {
    if (!is_header_name(name)) return refuse(kHeaderSetting, "\"" + base::printable(name) + "\" is not a header name");
    if (std::ranges::any_of(kOwnHeaders, [&](std::string_view own) { return equal_ignoring_case(own, name); })) {
      return refuse(kHeaderSetting, name + " is set by this service itself");
    }
    if (!is_header_value(value)) return refuse(kHeaderSetting, "the value of " + name + " holds control characters");
  }
  for (const auto& [name, value] : options.extra_parameters) {
    if (name.empty()) return refuse(kExtraParametersSetting, "a parameter without a name; write name=value");
    if (is_own_parameter(name)) {
      return refuse(kExtraParametersSetting, "\"" + name + "\" is set by this service itself");
    }
  }
  if (options.tls.cert_file.empty() != options.tls.key_file.empty()) {
    return refuse(options.tls.cert_file.empty() ? kTlsCertSetting : kTlsKeySetting,
                  "missing; a client certificate needs both its certificate and its key");
  }
  if (options.max_concurrent == 0) return refuse("--store.max-concurrent", "must be at least 1");
  if (options.max_concurrent_reads == 0) return refuse(kMaxConcurrentReadsSetting, "must be at least 1");
  if (options.max_stream_bytes == 0) return refuse(kMaxStreamSetting, "must be at least 1");
  if (options.connect_timeout.count() <= 0) return refuse(kConnectTimeoutSetting, "must be longer than 0s");
  if (options.max_body_bytes == 0) return refuse(kMaxBodySetting, "must be at least 1");
  if (options.max_series == 0) return refuse(kMaxSeriesSetting, "must be at least 1");
  return {};
}

}  // namespace spm::prometheus
