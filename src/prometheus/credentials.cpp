#include "credentials.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include <openssl/evp.h>

#include "header_text.hpp"

namespace spm::prometheus {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 10U;

std::string basic(std::string_view user_and_password) {
  std::vector<unsigned char> text(4 * (user_and_password.size() / 3 + 1) + 1);
  const int length = EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(user_and_password.data()),
                                     static_cast<int>(user_and_password.size()));
  return "Basic " + std::string(text.begin(), text.begin() + length);
}

base::Result<std::string> fail(std::string_view setting, const std::string& path, std::string_view why) {
  return base::fail(
      base::Error(base::ErrorKind::invalid_argument, std::string(setting) + ": " + path + " " + std::string(why))
          .about(std::string(setting)));
}

/// The text of a file that holds one secret. Messages never quote it.
base::Result<std::string> read_secret(const std::string& path, std::string_view setting) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(setting, path, std::string("cannot be read: ") + std::strerror(errno));  // NOLINT
  std::string text(kMaxFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(setting, path, "cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxFile) return fail(setting, path, "is over 64 KiB; it must hold one secret");
  text = std::string(trimmed(text));
  if (text.empty()) return fail(setting, path, "is empty");
  if (!is_header_value(text)) return fail(setting, path, "must be one line without control characters");
  return text;
}

}  // namespace

Credentials::Credentials(const StoreOptions& options, telemetry::Log& log)
    : token_file_(options.token_file),
      basic_auth_file_(options.basic_auth_file),
      override_from_context_(options.token_override_from_context),
      log_(log) {
  if (!token_file_.empty() || !basic_auth_file_.empty()) return;
  const auto fixed = std::ranges::find_if(
      options.headers, [](const auto& header) { return equal_ignoring_case(header.first, "authorization"); });
  if (fixed != options.headers.end()) {
    own_ = Authorization{fixed->second, CredentialsSource::fixed_header};
  } else if (!options.url.user.empty() || !options.url.password.empty()) {
    own_ = Authorization{basic(options.url.user + ":" + options.url.password), CredentialsSource::url};
  }
}

base::Result<Authorization> Credentials::read_file() const {
  Authorization read;
  if (!token_file_.empty()) {
    auto token = read_secret(token_file_, kTokenFileSetting);
    if (!token) return base::fail(std::move(token.error()));
    read = Authorization{"Bearer " + *token, CredentialsSource::token_file};
  } else {
    auto pair = read_secret(basic_auth_file_, kBasicAuthFileSetting);
    if (!pair) return base::fail(std::move(pair.error()));
    if (pair->find(':') == std::string::npos) {
      return base::fail(fail(kBasicAuthFileSetting, basic_auth_file_, "must hold user:password").error());
    }
    read = Authorization{basic(*pair), CredentialsSource::basic_auth_file};
  }
  return read;
}

base::Result<void> Credentials::load(Clock::time_point now) {
  if (token_file_.empty() && basic_auth_file_.empty()) return {};
  auto read = read_file();
  if (!read) return base::fail(std::move(read.error()));
  const std::lock_guard lock(mutex_);
  own_ = std::move(*read);
  next_reading_ = now + kReadAgainAfter;
  return {};
}

bool Credentials::refresh(Clock::time_point now) {
  if (token_file_.empty() && basic_auth_file_.empty()) return false;
  next_reading_ = now + kReadAgainAfter;
  auto read = read_file();
  if (!read) {
    // Said once for each state of affairs, not every 10 s.
    if (read.error().message != last_complaint_) {
      last_complaint_ = read.error().message;
      log_.warning("credentials for the metrics store cannot be read again; the old ones stay in force",
                   {{"reason", last_complaint_}});
    }
    return false;
  }
  last_complaint_.clear();
  if (read->value == own_.value) return false;
  own_ = std::move(*read);
  log_.info("credentials for the metrics store read again");
  return true;
}

Authorization Credentials::choose(std::string_view callers_token, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (now >= next_reading_) static_cast<void>(refresh(now));
  const bool callers = !callers_token.empty() && (override_from_context_ || own_.value.empty());
  if (!callers) return own_;
  return Authorization{"Bearer " + std::string(callers_token), CredentialsSource::callers_token};
}

bool Credentials::read_again(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return refresh(now);
}

}  // namespace spm::prometheus
