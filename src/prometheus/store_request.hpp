#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>

namespace spm::prometheus {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// What one operation asks of the store, before settings, credentials and the caller's own parameters come to it.
struct StoreRequest {
  enum class Method : std::uint8_t {
    post,
    get  ///< where the store refuses POST
  };
  /// What it says about the store when such a request fails.
  enum class Endpoint : std::uint8_t {
    required,
    optional,    ///< a store may well lack it: that it does is query_rejected
    remote_read  ///< as optional, and whatever comes back but a stream says nothing about the store's health
  };
  /// A body that is no form.
  struct Payload {
    std::string bytes;
    Parameters headers;  ///< that belong to it; they replace the usual ones
  };

  Method method = Method::post;
  Endpoint endpoint = Endpoint::required;
  std::string path;                ///< below the store's URL, percent-encoded: "/api/v1/query"
  std::string form;                ///< encoded; the body of a POST without a payload, else behind the path
  std::optional<Payload> payload;  ///< the body of a POST, in place of the form
  /// The form is a caller's: parameters of it that the settings name are taken out.
  bool foreign_form = false;
  /// More is answer_too_large. Where the settings allow less, those count, and it is store_misbehaved as ever.
  std::size_t max_body_bytes = std::numeric_limits<std::size_t>::max();
};

inline constexpr std::size_t kMaxListBytes = std::size_t{4} << 20U;
inline constexpr std::size_t kMaxIdentityBytes = std::size_t{1} << 20U;

/// application/x-www-form-urlencoded, in the given order.
std::string encode_form(const Parameters& parameters);

/// Exact times, and the time left as Prometheus' own timeout.
StoreRequest range_request(const RangeQuery& query, std::chrono::milliseconds time_left);
StoreRequest instant_request(const InstantQuery& query, std::chrono::milliseconds time_left);
/// The smallest query there is.
StoreRequest probe_request(std::chrono::milliseconds time_left);

/// Fails (query_rejected) for names that cannot stand in a path: "", "." and "..".
base::Result<StoreRequest> label_values_request(std::string_view label, const Listing& of);
StoreRequest label_names_request(const Listing& of);
StoreRequest identity_request();
/// Fails (internal) on a path that could lead elsewhere.
base::Result<StoreRequest> forwarded_request(std::string path, std::string form);

/// What comes behind every request's own parameters: the configured ones, then a caller's, of which those that the
/// settings name are left out, as the settings decide. Fails (invalid_argument, naming it) on a caller's parameter that
/// this service sends itself: it could widen what is asked.
base::Result<Parameters> common_parameters(const Parameters& configured, const Parameters& callers);

/// The form as it goes out: the request's own, then `common`.
std::string whole_form(const StoreRequest& request, const Parameters& common);

/// Whether this service sets the parameter `name` in some request.
bool is_own_parameter(std::string_view name) noexcept;

}  // namespace spm::prometheus
