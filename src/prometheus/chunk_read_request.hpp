#pragma once

#include <string>
#include <string_view>

#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>

#include "store_request.hpp"

namespace spm::prometheus {

/// `prometheus.ReadRequest` for one query whose answer is to be streamed as chunks, in protobuf.
std::string encode_read_request(const ChunkRead& read);

/// Fails (internal) on a read without matchers, which would be one of everything.
base::Result<StoreRequest> chunk_read_request(const ChunkRead& read);

/// Whether `content_type` is that of streamed chunks.
bool is_chunk_stream(std::string_view content_type) noexcept;

}  // namespace spm::prometheus
