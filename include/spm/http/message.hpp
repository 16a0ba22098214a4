#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <spm/base/error.hpp>

namespace spm::http {

struct Header {
  Header(std::string header_name, std::string header_value)
      : name(std::move(header_name)),
        value(std::move(header_value)) {}

  std::string name;  ///< as it was written
  std::string value;
};

/// Header fields in their order. Names are compared without regard to letter case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// The value of the first field called `name`, or nullptr.
  const std::string* find(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  /// Whether any field called `name` has `token` in its comma-separated list, in any letter case.
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  std::vector<Header> fields_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

enum class BodyFraming : std::uint8_t {
  none,
  content_length,
  chunked
};

/// A request's head that has passed the framing gate.
struct RequestHead {
  std::string method;
  std::string target;  ///< as sent: "/api/metrics/calls?service=a", or "*"
  std::string path;    ///< the target before its first '?', still encoded
  std::string query;   ///< what follows that '?', still encoded
  int minor_version = 1;
  Headers headers;
  bool keep_alive = true;
  bool expects_continue = false;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t content_length = 0;
};

struct Request {
  RequestHead head;
  std::string body;
  std::string id;      ///< of this request, for logs and X-Request-Id; safe to print
  std::string remote;  ///< the peer's address and port
  std::chrono::steady_clock::time_point received = std::chrono::steady_clock::now();
};

/// An answer before it becomes bytes. The server adds Date, Server, Content-Length, Connection and X-Request-Id.
struct Response {
  int status = 200;
  std::string content_type;  ///< empty: no Content-Type
  Headers headers;
  std::shared_ptr<const std::string> body;  ///< shared, so that a kept answer is never copied; null: empty
  bool close = false;                       ///< end the connection after this answer
  std::string_view route = "other";         ///< of a fixed set, static storage: the route label in /metrics
  std::optional<base::Error> failure;       ///< for logs and /metrics, where this answer tells of an error

  void set_body(std::string text) { body = std::make_shared<const std::string>(std::move(text)); }
  std::string_view body_text() const noexcept { return body ? std::string_view(*body) : std::string_view(); }
};

}  // namespace spm::http
