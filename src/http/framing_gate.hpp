#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spm/base/result.hpp>
#include <spm/http/message.hpp>

namespace spm::http {

struct HeadLimits {
  std::size_t max_bytes = std::size_t{16} << 10U;
  std::size_t max_headers = 100;
};

/// How the body of a request is framed, as the raw bytes of its head say.
struct Framing {
  BodyFraming kind = BodyFraming::none;
  std::uint64_t content_length = 0;
};

/// The gate before Beast's parser: refuses every head that two HTTP readers might understand differently, because a
/// proxy in front of this service is such a reader (request smuggling). Beast accepts most of what is refused here.
/// `head` is all bytes up to and including the empty line. Linear in its size. Errors: malformed_request and
/// header_too_large; the connection must be closed after either.
base::Result<Framing> pass_framing_gate(std::string_view head, const HeadLimits& limits);

}  // namespace spm::http
