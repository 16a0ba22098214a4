#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <spm/base/result.hpp>

#include "padded_buffer.hpp"

namespace spm::prometheus {

struct DecodedList {
  std::vector<std::string> values;
  std::vector<std::string> warnings;  ///< about the data; printable, bounded in number and length
  std::size_t infos = 0;
};

/// Reads the JSON of a successful /api/v1/labels or /api/v1/label/x/values in one pass: an array of strings, or null
/// for none. Anything else is store_misbehaved. The size of `body` is what bounds the list.
base::Result<DecodedList> decode_list_answer(const PaddedBuffer& body);

}  // namespace spm::prometheus
