#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <spm/base/result.hpp>

namespace spm::http {

/// Collects the body of one request, by Content-Length or in chunks, from bytes as they come.
class BodyReader {
 public:
  /// `head`: raw, passed by parse_head. `max_bytes`: of the body, decoded.
  BodyReader(std::string_view head, std::size_t max_bytes);
  ~BodyReader();
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  /// How many of `bytes` belong to this body and are done with; give the others again, with more behind them. The
  /// error (body_too_large, malformed_request) ends the connection.
  base::Result<std::size_t> put(std::string_view bytes);
  bool done() const noexcept;
  std::string take();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace spm::http
