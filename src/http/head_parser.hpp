#pragma once

#include <optional>
#include <string_view>

#include <spm/base/result.hpp>
#include <spm/http/message.hpp>

#include "framing_gate.hpp"

namespace spm::http {

/// Reads a request's head, all bytes up to and including the empty line: the framing gate first, then Beast's parser.
/// Errors as pass_framing_gate.
base::Result<RequestHead> parse_head(std::string_view head, const HeadLimits& limits = {});

/// Finds the end of a head in bytes that grow. Every byte is looked at once, so that a head that drips in costs no more
/// than one that comes whole.
class HeadEndFinder {
 public:
  /// The size of the head at the beginning of `bytes`, empty line included; nullopt: more is needed. Call it with the
  /// same beginning each time. A bare LF LF ends a head too: the gate then says what is wrong with it.
  std::optional<std::size_t> find(std::string_view bytes) noexcept;
  void reset() noexcept { scanned_ = 0; }

 private:
  std::size_t scanned_ = 0;
};

}  // namespace spm::http
