#include "chunked_series.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace spm::rates {
namespace {

using Wire = ProtobufField::Wire;

/// Far beyond any real series; keeps a hostile payload from growing in memory.
constexpr std::size_t kMaxLabels = 1000;

tl::unexpected<base::Error> broken(std::string what) {
  return base::fail(base::ErrorKind::store_misbehaved, "the remote read is broken: " + std::move(what));
}

/// nullopt: not a protobuf message, or a field of another type.
std::optional<LabelView> read_label(std::string_view message) {
  LabelView label;
  ProtobufFields fields(message);
  ProtobufField field;
  while (fields.next(field)) {
    if (field.number > 2) continue;
    if (field.wire != Wire::bytes) return std::nullopt;
    (field.number == 1 ? label.name : label.value) = field.bytes;
  }
  if (fields.broken()) return std::nullopt;
  return label;
}

std::optional<ChunkView> read_chunk(std::string_view message) {
  ChunkView chunk;
  ProtobufFields fields(message);
  ProtobufField field;
  while (fields.next(field)) {
    if (field.number > 4) continue;
    if (field.wire != (field.number == 4 ? Wire::bytes : Wire::varint)) return std::nullopt;
    switch (field.number) {
      case 1:
        chunk.min_time_ms = static_cast<std::int64_t>(field.value);
        break;
      case 2:
        chunk.max_time_ms = static_cast<std::int64_t>(field.value);
        break;
      case 3:
        chunk.encoding = field.value;
        break;
      default:
        chunk.data = field.bytes;
    }
  }
  if (fields.broken()) return std::nullopt;
  return chunk;
}

}  // namespace

base::Result<std::int64_t> ChunkedSeriesReader::open(std::string_view payload) {
  payload_ = ProtobufFields(payload);
  series_ = ProtobufFields({});
  labels_.clear();
  // The number comes behind the series.
  std::int64_t query_index = 0;
  ProtobufFields fields(payload);
  ProtobufField field;
  while (fields.next(field)) {
    if (field.number > 2) continue;
    if (field.wire != (field.number == 1 ? Wire::bytes : Wire::varint))
      return broken("a payload's field has another type");
    if (field.number == 2) query_index = static_cast<std::int64_t>(field.value);
  }
  if (fields.broken()) return broken("a payload is not a protobuf message");
  return query_index;
}

base::Result<bool> ChunkedSeriesReader::next_series() {
  ProtobufField field;
  while (payload_.next(field)) {
    if (field.number != 1) continue;
    if (auto read = read_labels(field.bytes); !read) return base::fail(std::move(read.error()));
    series_ = ProtobufFields(field.bytes);
    return true;
  }
  return false;
}

base::Result<void> ChunkedSeriesReader::read_labels(std::string_view series) {
  labels_.clear();
  ProtobufFields fields(series);
  ProtobufField field;
  while (fields.next(field)) {
    if (field.number > 2) continue;
    if (field.wire != Wire::bytes) return broken("a series' field has another type");
    if (field.number != 1) continue;
    const auto label = read_label(field.bytes);
    if (!label) return broken("a label is not a protobuf message");
    if (labels_.size() == kMaxLabels) return broken("a series has more than " + std::to_string(kMaxLabels) + " labels");
    labels_.push_back(*label);
  }
  if (fields.broken()) return broken("a series is not a protobuf message");
  return {};
}

base::Result<bool> ChunkedSeriesReader::next_chunk() {
  ProtobufField field;
  while (series_.next(field)) {
    if (field.number != 2) continue;
    const auto chunk = read_chunk(field.bytes);
    if (!chunk) return broken("a chunk is not a protobuf message");
    chunk_ = *chunk;
    return true;
  }
  return false;
}

}  // namespace spm::rates
