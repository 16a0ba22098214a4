#include "xor_chunk.hpp"

#include <array>
#include <cstring>

#include "varint.hpp"

// What shapes this file: a sample takes a dozen bits, so what it costs is the number of instructions between one and
// the next. Of the forms a value has, "as before" and "changed within the last window" follow each other by chance in
// counters, so the choice between these two is made by masks, where a branch would be mispredicted; the others are
// rare, and so is a time whose distance differs: those are branches.

namespace spm::rates {
namespace {

using Bytes = const unsigned char*;

constexpr std::size_t kCountBytes = 2;
/// A sample takes at most 4 + 64 bits of time and 13 + 64 bits of value, and reading looks at 9 bytes at once.
constexpr std::size_t kReach = 32;
/// Times and distances beyond ten thousand years and more are not times. 65,535 such distances do not overflow.
constexpr std::int64_t kLongestDistance = std::int64_t{1} << 46U;
constexpr std::int64_t kLatestTime = std::int64_t{1} << 61U;

enum class Fault : std::uint8_t {
  none,
  no_samples,
  cut,
  times,
  values
};

/// Bits from `position` on, the first one on top; only the upper 57 count, of which no header takes more than 14.
std::uint64_t peek(Bytes bytes, std::size_t position) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes + position / 8, sizeof word);
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
  return word << (position % 8);
}

/// The same with all 64.
std::uint64_t peek_all(Bytes bytes, std::size_t position) noexcept {
  return peek(bytes, position) | (static_cast<std::uint64_t>(bytes[position / 8 + 8]) >> (8 - position % 8));
}

/// Bits of a word that are left behind a time of one bit and a value's two: 57 - 3.
constexpr std::uint64_t kNarrow = 54;
constexpr std::uint64_t kNewWindow = std::uint64_t{3} << 62U;
constexpr std::uint64_t kChanged = std::uint64_t{1} << 63U;

struct State {
  std::size_t position = 0;  ///< in bits
  std::int64_t time = 0;
  std::int64_t distance = 0;
  std::uint64_t value = 0;
  // Where the bits of an xor lie: `length` of them behind `leading` zeros. At first anywhere.
  std::uint64_t leading = 0;
  std::uint64_t length = 64;
  std::uint64_t window = ~std::uint64_t{0};  ///< `length` ones on top
  std::uint64_t rare = kChanged;             ///< values from this word on are read the long way
  bool bad_window = false;                   ///< more than 64 bits in all
  bool bad_distance = false;
  bool stale = false;
};

struct Change {
  std::int64_t of_distance = 0;
  std::size_t bits = 0;  ///< that say so
};

/// A time whose distance differs from the last one: `word` starts with 1. By value and out of line, so that the state
/// stays in registers.
[[gnu::noinline]] Change read_change(Bytes bytes, std::size_t position, std::uint64_t word) noexcept {
  static constexpr std::array<unsigned char, 4> kBits = {0, 14, 17, 20};
  const auto ones = static_cast<unsigned>(std::countl_one(word));
  if (ones >= kBits.size()) return {static_cast<std::int64_t>(peek_all(bytes, position + 4)), 4 + 64};
  const unsigned bits = kBits[ones];
  const unsigned prefix = ones + 1;
  const std::uint64_t raw = (word << prefix) >> (64 - bits);
  // x means x - 2^bits above half of the range; the half itself stays what it is.
  auto change = static_cast<std::int64_t>(raw);
  if (raw > (std::uint64_t{1} << (bits - 1))) change -= std::int64_t{1} << bits;
  return {change, prefix + bits};
}

/// A value with a window of its own, or with one that the word does not hold whole. `word` starts with 1.
inline void read_rare_value(State& state, Bytes bytes, std::uint64_t word) noexcept {
  state.position += 2;
  if (word >= kNewWindow) {
    state.leading = (word >> 57U) & 31U;
    state.length = (((word >> 51U) - 1) & 63U) + 1;  // 0 means 64
    state.bad_window |= state.leading + state.length > 64;
    state.window = ~std::uint64_t{0} << (64 - state.length);
    state.rare = state.length > kNarrow ? kChanged : kNewWindow;
    state.position += 11;
  }
  state.value ^= (peek_all(bytes, state.position) & state.window) >> state.leading;
  state.position += state.length;
}

/// The value that begins at state.position; `word` is what peek() shows there, or one bit before there.
inline void read_value(State& state, Bytes bytes, std::uint64_t word) noexcept {
  if (word >= state.rare) [[unlikely]] {
    read_rare_value(state, bytes, word);
  } else {
    const auto if_changed = static_cast<std::uint64_t>(static_cast<std::int64_t>(word) >> 63U);
    state.value ^= (((word << 2U) & state.window) >> state.leading) & if_changed;
    state.position += 1 + ((state.length + 1) & if_changed);
  }
  state.stale |= state.value == kStalenessMarker;
}

inline void read_sample(State& state, Bytes bytes) noexcept {
  std::uint64_t word = peek(bytes, state.position);
  if ((word >> 63U) == 0) [[likely]] {
    ++state.position;
    word <<= 1U;
  } else {
    const Change change = read_change(bytes, state.position, word);
    state.position += change.bits;
    const auto distance = static_cast<std::int64_t>(static_cast<std::uint64_t>(state.distance) +
                                                    static_cast<std::uint64_t>(change.of_distance));
    const bool bad = distance <= 0 || distance > kLongestDistance;
    state.bad_distance |= bad;
    state.distance = bad ? 1 : distance;
    word = peek(bytes, state.position);
  }
  state.time += state.distance;
  read_value(state, bytes, word);
}

void put(const State& state, std::size_t index, std::int64_t* times_ms, double* values) noexcept {
  times_ms[index] = state.time;
  values[index] = std::bit_cast<double>(state.value);
}

/// The last bytes of a chunk, followed by zeros to look at.
class Tail {
 public:
  Tail(std::string_view chunk, std::size_t first_byte) : first_bit_(first_byte * 8) {
    const std::string_view rest = chunk.substr(first_byte);
    end_ = rest.size() * 8;
    std::memcpy(bytes_.data(), rest.data(), rest.size());
  }

  Bytes bytes() const noexcept { return bytes_.data(); }
  std::size_t first_bit() const noexcept { return first_bit_; }
  std::size_t end() const noexcept { return end_; }  ///< in bits from its own beginning

 private:
  std::array<unsigned char, 2 * kReach + 16> bytes_{};
  std::size_t first_bit_;
  std::size_t end_ = 0;
};

class Decoder {
 public:
  Decoder(std::string_view chunk, std::int64_t* times_ms, double* values)
      : chunk_(chunk),
        times_ms_(times_ms),
        values_(values),
        samples_(xor_chunk_samples(chunk)) {}

  Fault run() {
    if (samples_ == 0) return chunk_.size() < kCountBytes || declared() > 0 ? Fault::cut : Fault::no_samples;
    const Fault fault = read_first();
    if (fault != Fault::none || samples_ == 1) return fault;
    return read_others();
  }

  std::size_t samples() const noexcept { return samples_; }
  bool stale() const noexcept { return state_.stale; }

 private:
  std::size_t declared() const noexcept {
    return (static_cast<std::size_t>(static_cast<unsigned char>(chunk_[0])) << 8U) |
           static_cast<unsigned char>(chunk_[1]);
  }

  /// Time and value, and if there is a second one its distance: all in whole bytes.
  Fault read_first() {
    std::string_view rest = chunk_.substr(kCountBytes);
    const Varint time = read_varint(rest);
    if (time.state != Varint::State::whole || rest.size() - time.bytes < 8) return Fault::cut;
    state_.time = from_zigzag(time.value);
    if (state_.time > kLatestTime || state_.time < -kLatestTime) return Fault::times;
    rest.remove_prefix(time.bytes);
    for (std::size_t i = 0; i < 8; ++i) state_.value = (state_.value << 8U) | static_cast<unsigned char>(rest[i]);
    state_.stale = state_.value == kStalenessMarker;
    rest.remove_prefix(8);
    put(state_, 0, times_ms_, values_);
    if (samples_ == 1) return Fault::none;

    const Varint distance = read_varint(rest);
    if (distance.state != Varint::State::whole) return Fault::cut;
    if (distance.value == 0 || distance.value > static_cast<std::uint64_t>(kLongestDistance)) return Fault::times;
    state_.distance = static_cast<std::int64_t>(distance.value);
    rest.remove_prefix(distance.bytes);
    state_.position = (chunk_.size() - rest.size()) * 8;
    return Fault::none;
  }

  Fault read_others() {
    // The second sample's time has been read; its value lies as near the end as it likes.
    std::size_t next = 1;
    State state = state_;  // in registers
    const auto* bytes = reinterpret_cast<Bytes>(chunk_.data());
    const std::size_t safe = chunk_.size() < kReach ? 0 : (chunk_.size() - kReach) * 8;
    bool time_is_read = true;
    if (state.position < safe) {
      state.time += state.distance;
      read_value(state, bytes, peek(bytes, state.position));
      put(state, next++, times_ms_, values_);
      time_is_read = false;
      while (next < samples_ && state.position < safe) {
        read_sample(state, bytes);
        put(state, next++, times_ms_, values_);
      }
    }
    if (next < samples_) {
      const Tail tail(chunk_, state.position / 8);
      state.position -= tail.first_bit();
      for (; next < samples_; ++next) {
        if (time_is_read) {
          state.time += state.distance;
          read_value(state, tail.bytes(), peek(tail.bytes(), state.position));
          time_is_read = false;
        } else {
          read_sample(state, tail.bytes());
        }
        if (state.position > tail.end()) return Fault::cut;
        put(state, next, times_ms_, values_);
      }
    }
    state_ = state;
    if (state.bad_distance) return Fault::times;
    return state.bad_window ? Fault::values : Fault::none;
  }

  std::string_view chunk_;
  std::int64_t* times_ms_;
  double* values_;
  std::size_t samples_;
  State state_;
};

base::Error error_of(Fault fault) {
  std::string_view what = "it holds no samples";
  if (fault == Fault::cut) what = "it ends before its last sample";
  if (fault == Fault::times) what = "its times do not ascend";
  if (fault == Fault::values) what = "its values have more than 64 bits";
  return {base::ErrorKind::store_misbehaved, "a chunk of the remote read is broken: " + std::string(what)};
}

}  // namespace

std::size_t xor_chunk_samples(std::string_view chunk) noexcept {
  // The first sample takes nine bytes or more, the second a byte and a bit, every other two bits.
  constexpr std::size_t kFirst = kCountBytes + 9;
  if (chunk.size() < kFirst) return 0;
  const std::size_t declared =
      (static_cast<std::size_t>(static_cast<unsigned char>(chunk[0])) << 8U) | static_cast<unsigned char>(chunk[1]);
  const std::size_t room = 1 + (chunk.size() - kFirst) * 4;
  return declared <= room ? declared : 0;
}

base::Result<DecodedChunk> decode_xor_chunk(std::string_view chunk, std::int64_t* times_ms, double* values) {
  Decoder decoder(chunk, times_ms, values);
  if (const Fault fault = decoder.run(); fault != Fault::none) return base::fail(error_of(fault));
  return DecodedChunk{decoder.samples(), decoder.stale()};
}

}  // namespace spm::rates
