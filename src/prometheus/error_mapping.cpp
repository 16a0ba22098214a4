#include "error_mapping.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <spm/base/utf8.hpp>
#include <spm/prometheus/store_options.hpp>

#include "error_body.hpp"
#include "header_text.hpp"

namespace spm::prometheus {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t kMaxPlainText = 300;
constexpr std::size_t kMaxHeaderText = 100;
constexpr std::int64_t kMaxRetryAfter = 3'600;

bool looks_like_html(std::string_view body) {
  const std::string_view text = trimmed(body);
  return !text.empty() && text.front() == '<';
}

/// Seconds, or a date of RFC 9110's first form. An hour at most.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::int64_t now_unix_s) {
  text = trimmed(text);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) {
    std::tm date{};
    const std::string terminated(text.substr(0, 64));
    if (strptime(terminated.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return std::nullopt;
    seconds = static_cast<std::int64_t>(timegm(&date)) - now_unix_s;
  }
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kMaxRetryAfter)};
}

/// Scheme, host and port of a Location; the rest may hold secrets and helps nobody.
std::string target_of(std::string_view location) {
  const auto url = boost::urls::parse_uri_reference(boost::urls::string_view(location.data(), location.size()));
  if (!url || url->encoded_host().empty()) return "elsewhere";
  std::string target = url->has_scheme() ? std::string(url->scheme()) + "://" : "";
  target += std::string(url->encoded_host());
  if (url->has_port()) target += ":" + std::string(url->port());
  return base::printable(target);
}

std::string_view setting_of(CredentialsSource credentials) {
  switch (credentials) {
    case CredentialsSource::token_file:
      return kTokenFileSetting;
    case CredentialsSource::basic_auth_file:
      return kBasicAuthFileSetting;
    case CredentialsSource::url:
      return kUrlSetting;
    case CredentialsSource::fixed_header:
      return kHeaderSetting;
    case CredentialsSource::none:
    case CredentialsSource::callers_token:
      return {};
  }
  return {};
}

/// One StoreReply on its way to its meaning.
class Mapping {
 public:
  Mapping(const StoreReply& reply, CredentialsSource credentials, std::string_view store, std::int64_t now_unix_s)
      : reply_(reply),
        credentials_(credentials),
        store_(store),
        now_unix_s_(now_unix_s),
        body_(decode_error_body(reply.body)) {}

  StoreFailure result() const {
    const unsigned status = reply_.status;
    if (status == 401 || status == 403) return refused_credentials();
    if (reply_.endpoint == StoreRequest::Endpoint::remote_read) return no_stream();
    if (status == 400 || status == 422) return rejected_query();
    if (reply_.endpoint == StoreRequest::Endpoint::optional && (status == 405 || (status == 404 && body_)))
      return lacks_endpoint();
    if (status == 429) return rate_limited();
    if (status == 499 || (status == 408 && body_)) return timed_out();
    if ((status == 503 || status == 504) && body_ && (body_->type == "timeout" || body_->type == "canceled")) {
      return timed_out();
    }
    if (status == 500 || (status >= 502 && status <= 504)) {
      StoreFailure failure = misbehaved("answered with status " + std::to_string(status) + said());
      failure.may_retry = true;
      failure.counts_as_failure = true;
      return failure;
    }
    if (status >= 300 && status < 400) {
      return misbehaved("redirects to " + target_of(reply_.location) +
                        ", which is not followed; put the final address into " + std::string(kUrlSetting));
    }
    if (status == 413) return misbehaved("finds the query too large (status 413)" + said());
    return misbehaved("answered with status " + std::to_string(status) + said() + "; is the path in " +
                      std::string(kUrlSetting) + " right?");
  }

 private:
  std::string subject() const { return "the metrics store at " + std::string(store_) + " "; }

  /// What the store said, for the end of a sentence; nothing where it sent a page for people.
  std::string said() const {
    if (body_ && !body_->message.empty()) return ": " + body_->message;
    return "";
  }

  StoreFailure failure(Error error) const {
    StoreFailure result;
    result.error = std::move(error);
    result.error.log_detail = base::printable(reply_.body, kMaxPlainText);
    return result;
  }
  StoreFailure misbehaved(const std::string& what) const {
    return failure(Error(ErrorKind::store_misbehaved, subject() + what));
  }

  StoreFailure refused_credentials() const {
    const bool forbidden = reply_.status == 403;
    const std::string status = std::to_string(reply_.status);
    if (credentials_ == CredentialsSource::callers_token) {
      return failure(Error(forbidden ? ErrorKind::permission_denied : ErrorKind::unauthenticated,
                           subject() + "refused the caller's token (status " + status + ")" + said()));
    }
    std::string message = subject();
    const std::string_view setting = setting_of(credentials_);
    if (setting.empty()) {
      message += "wants credentials (status " + status + "); set " + std::string(kTokenFileSetting) +
                 ", or a user in " + std::string(kUrlSetting);
    } else {
      message += "refused this service's credentials (status " + status + "); check " + std::string(setting);
    }
    return failure(Error(ErrorKind::store_refused_us, message + said()));
  }

  StoreFailure rejected_query() const {
    if (body_) {
      return failure(Error(ErrorKind::query_rejected, "the metrics store rejected the query: " +
                                                          (body_->message.empty() ? body_->type : body_->message)));
    }
    const std::string_view text = trimmed(reply_.body);
    if (text.empty() || looks_like_html(text)) {
      return misbehaved("answered with status " + std::to_string(reply_.status) + " and no reason; is the address in " +
                        std::string(kUrlSetting) + " right?");
    }
    return failure(Error(ErrorKind::query_rejected,
                         "the metrics store rejected the query: " + base::printable(text, kMaxPlainText)));
  }

  StoreFailure lacks_endpoint() const {
    return failure(Error(ErrorKind::query_rejected, subject() + "does not answer such requests (status " +
                                                        std::to_string(reply_.status) + ")" + said()));
  }

  StoreFailure no_stream() const {
    if (reply_.status == 429) return rate_limited();
    if (reply_.status == 503) {
      return failure(Error(ErrorKind::overloaded, subject() + "reads no more raw series for now (status 503)")
                         .retry_in(parse_retry_after(reply_.retry_after, now_unix_s_)));
    }
    std::string what = "status " + std::to_string(reply_.status);
    what += reply_.content_type.empty() ? ", no content type"
                                        : ", content type " + base::printable(reply_.content_type, kMaxHeaderText);
    if (!reply_.content_encoding.empty()) {
      what += ", content encoding " + base::printable(reply_.content_encoding, kMaxHeaderText);
    }
    return failure(
        Error(ErrorKind::query_rejected, subject() + "does not stream raw series by remote read (" + what + ")"));
  }

  StoreFailure rate_limited() const {
    return failure(Error(ErrorKind::rate_limited, subject() + "takes no more queries for now (status 429)" + said())
                       .retry_in(parse_retry_after(reply_.retry_after, now_unix_s_)));
  }

  StoreFailure timed_out() const {
    return failure(Error(ErrorKind::deadline_exceeded, subject() + "could not finish the query in its time" + said()));
  }

  const StoreReply& reply_;
  CredentialsSource credentials_;
  std::string_view store_;
  std::int64_t now_unix_s_;
  std::optional<StoreErrorBody> body_;
};

}  // namespace

StoreFailure map_store_failure(const StoreReply& reply, CredentialsSource credentials, std::string_view store,
                               std::int64_t now_unix_s) {
  return Mapping(reply, credentials, store, now_unix_s).result();
}

}  // namespace spm::prometheus
