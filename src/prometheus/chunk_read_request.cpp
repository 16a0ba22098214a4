#include "chunk_read_request.hpp"

#include <algorithm>
#include <utility>

#include <snappy.h>

#include "header_text.hpp"
#include "protobuf_writer.hpp"

namespace spm::prometheus {
namespace {

constexpr std::string_view kStreamType = "application/x-streamed-protobuf";
constexpr std::string_view kStreamMessage = "prometheus.ChunkedReadResponse";

/// Field numbers and enumerators of Prometheus' remote.proto and types.proto.
namespace wire {
constexpr unsigned kRequestQueries = 1;
constexpr unsigned kRequestAcceptedTypes = 2;
constexpr std::int64_t kStreamedXorChunks = 1;
constexpr unsigned kQueryStart = 1;
constexpr unsigned kQueryEnd = 2;
constexpr unsigned kQueryMatchers = 3;
constexpr unsigned kMatcherType = 1;
constexpr unsigned kMatcherName = 2;
constexpr unsigned kMatcherValue = 3;

constexpr std::int64_t type_of(promql::MatchOp op) noexcept {
  switch (op) {
    case promql::MatchOp::equal:
      return 0;
    case promql::MatchOp::not_equal:
      return 1;
    case promql::MatchOp::regex:
      return 2;
    case promql::MatchOp::not_regex:
      return 3;
  }
  return 0;
}
}  // namespace wire

std::string_view unquoted(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

std::string encode_read_request(const ChunkRead& read) {
  ProtobufWriter query;
  query.number(wire::kQueryStart, read.from_ms);
  query.number(wire::kQueryEnd, read.to_ms);
  for (const promql::Matcher& matcher : read.matchers) {
    ProtobufWriter written;
    written.number(wire::kMatcherType, wire::type_of(matcher.op));
    written.bytes(wire::kMatcherName, matcher.label);
    written.bytes(wire::kMatcherValue, matcher.value);
    query.bytes(wire::kQueryMatchers, written.message());
  }
  ProtobufWriter request;
  request.bytes(wire::kRequestQueries, query.message());
  request.number(wire::kRequestAcceptedTypes, wire::kStreamedXorChunks);
  return request.message();
}

base::Result<StoreRequest> chunk_read_request(const ChunkRead& read) {
  if (read.matchers.empty()) return base::fail(base::ErrorKind::internal, "a read of raw series without a matcher");
  const std::string message = encode_read_request(read);
  StoreRequest request;
  request.path = "/api/v1/read";
  request.endpoint = StoreRequest::Endpoint::remote_read;
  StoreRequest::Payload& payload = request.payload.emplace();
  snappy::Compress(message.data(), message.size(), &payload.bytes);
  payload.headers = {{"Content-Type", "application/x-protobuf"},
                     {"Content-Encoding", "snappy"},
                     {"X-Prometheus-Remote-Read-Version", "0.1.0"},
                     {"Accept", std::string(kStreamType) + "; proto=" + std::string(kStreamMessage)},
                     {"Accept-Encoding", "identity"}};
  return request;
}

bool is_chunk_stream(std::string_view content_type) noexcept {
  const auto next = [&] {
    const std::string_view part = content_type.substr(0, content_type.find(';'));
    content_type.remove_prefix(std::min(content_type.size(), part.size() + 1));
    return trimmed(part);
  };
  if (!equal_ignoring_case(next(), kStreamType)) return false;
  while (!content_type.empty()) {
    const std::string_view parameter = next();
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !equal_ignoring_case(trimmed(parameter.substr(0, equals)), "proto")) {
      continue;
    }
    return equal_ignoring_case(unquoted(trimmed(parameter.substr(equals + 1))), kStreamMessage);
  }
  return false;
}

}  // namespace spm::prometheus
