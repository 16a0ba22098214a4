#include "xor_chunk.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "varint.hpp"

// What shapes this file: a sample takes a dozen bits, so what it costs is the number of instructions between one and
// the next.
// - Of the forms a value has, "as before" and "changed within the last window" follow each other by chance in counters,
//   so the choice between these two is made by masks, where a branch would be mispredicted. Everything else is rare.
// - Several such samples surely lie in one word of 64 bits: it is loaded once for all of them.
// - Long runs of "as before" are found by looking at a word as a whole.
// - Times are written at the end of each run of equal distances.

namespace spm::rates {
namespace {

using Bytes = const unsigned char*;

constexpr std::size_t kCountBytes = 2;
/// How far a loop over samples looks beyond where it stands: a word's 57 bits of plain samples, then one that takes
/// 4 + 64 bits of time and 13 + 64 of value, then 9 bytes at once.
constexpr std::size_t kReach = 40;
/// A chunk of Prometheus has some 200 bytes.
constexpr std::size_t kCopied = 1024;
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

/// Bits of a word that peek() shows at least.
constexpr std::size_t kShown = 57;

/// Bits from `position` on, the first one on top; only the upper kShown count.
inline std::uint64_t peek(Bytes bytes, std::size_t position) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes + position / 8, sizeof word);
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
  return word << (position % 8);
}

/// The same with all 64.
inline std::uint64_t peek_all(Bytes bytes, std::size_t position) noexcept {
  return peek(bytes, position) | (static_cast<std::uint64_t>(bytes[position / 8 + 8]) >> (8 - position % 8));
}

// How a sample begins: a bit of time, then one or two of value.
constexpr std::uint64_t kOtherDistance = std::uint64_t{1} << 63U;
constexpr std::uint64_t kOtherWindow = std::uint64_t{3} << 61U;
constexpr std::uint64_t kChanged = std::uint64_t{2} << 61U;
constexpr std::size_t kHeadBits = 3;
constexpr std::uint64_t kOtherWindowInValue = kOtherWindow << 1U;
/// What a window takes: 5 bits of leading zeros, 6 of length.
constexpr std::size_t kWindowBits = 11;
/// Words below this are samples "as before" and nothing else.
constexpr std::uint64_t kAsBefore = std::uint64_t{1} << 8U;
constexpr std::size_t kAsBeforeSamples = 28;

/// Of infinity and NaN, one of which marks staleness.
constexpr std::uint64_t kOddExponent = std::uint64_t{0x7FF} << 52U;
/// Bits of a value that are no digits of it: sign and exponent.
constexpr std::uint64_t kNoDigits = 12;

/// How many plain samples a word shows whole, if it begins with them: at 0 for a value that is changed nowhere.
constexpr std::array<unsigned char, 65> make_plain_samples() {
  std::array<unsigned char, 65> samples{};
  for (std::size_t length = 0; length <= 64; ++length) {
    const std::size_t most = length == 0 || kHeadBits + length > kShown ? 2 : kHeadBits + length;
    samples[length] = static_cast<unsigned char>(kShown / most);
  }
  return samples;
}

constexpr std::array<unsigned char, 65> kPlainSamples = make_plain_samples();

struct State {
  std::size_t position = 0;  ///< in bits
  std::size_t next = 0;      ///< sample
  std::size_t timed = 0;     ///< samples whose times are written
  std::int64_t time = 0;     ///< of the last one of these
  std::int64_t distance = 0;
  std::uint64_t value = 0;
  // Where the bits of an xor lie: `length` of them behind `leading` zeros. At first anywhere.
  std::uint64_t leading = 0;
  std::uint64_t length = 64;
  std::uint64_t window = ~std::uint64_t{0};  ///< `length` ones on top
  std::uint64_t plain_below = kChanged;      ///< words from this one on do not begin with a plain sample
  std::size_t plain_samples = kPlainSamples[64];
  bool odd = false;         ///< a value may be infinite or NaN
  bool bad_window = false;  ///< more than 64 bits in all
  bool bad_distance = false;
};

struct Output {
  std::int64_t* times_ms;
  double* values;
  std::size_t samples;
};

inline void put_value(State& state, const Output& out) noexcept {
  out.values[state.next++] = std::bit_cast<double>(state.value);
  state.odd |= (state.value & kOddExponent) == kOddExponent;
}

/// Writes the times of all samples so far, which have the last distance.
inline void put_times(State& state, const Output& out) noexcept {
  const std::size_t count = state.next - state.timed;
  std::int64_t* const times_ms = out.times_ms + state.timed;
  const std::int64_t distance = state.distance;
  using Pair [[gnu::vector_size(16)]] = std::int64_t;
  Pair pair = {state.time + distance, state.time + 2 * distance};
  std::size_t i = 0;
  for (; i + 2 <= count; i += 2) {
    std::memcpy(times_ms + i, &pair, sizeof pair);
    pair += 2 * distance;
  }
  if (i < count) times_ms[i] = pair[0];
  state.time += static_cast<std::int64_t>(count) * distance;
  state.timed = state.next;
}

struct Change {
  std::int64_t of_distance = 0;
  std::size_t bits = 0;  ///< that say so
};

/// A change that takes more than the fewest bits.
[[gnu::noinline, gnu::cold]] Change read_large_change(Bytes bytes, std::size_t position, std::uint64_t word) noexcept {
  static constexpr std::array<unsigned char, 4> kBits = {0, 14, 17, 20};
  const auto ones = static_cast<unsigned>(std::countl_one(word));
  if (ones >= kBits.size()) return {static_cast<std::int64_t>(peek_all(bytes, position + 4)), 4 + 64};
  const unsigned bits = kBits[ones];
  const unsigned prefix = ones + 1;
  const std::uint64_t raw = (word << prefix) >> (64 - bits);
  auto change = static_cast<std::int64_t>(raw);
  if (raw > (std::uint64_t{1} << (bits - 1))) change -= std::int64_t{1} << bits;
  return {change, prefix + bits};
}

/// What the smallest form of a change takes, its prefix with it.
constexpr std::size_t kSmallChangeBits = 16;

/// A time whose distance differs from the last one: `word` starts with 1.
inline Change read_change(Bytes bytes, std::size_t position, std::uint64_t word) noexcept {
  constexpr std::uint64_t kBits = kSmallChangeBits - 2;
  if ((word & (kOtherDistance >> 1U)) != 0) [[unlikely]]
    return read_large_change(bytes, position, word);
  // x means x - 2^bits above half of the range; the half itself stays what it is.
  const auto raw = static_cast<std::int64_t>((word << 2U) >> (64 - kBits));
  constexpr std::int64_t kHalf = std::int64_t{1} << (kBits - 1);
  return {((raw + kHalf - 1) & (2 * kHalf - 1)) - (kHalf - 1), kSmallChangeBits};
}

/// Takes over a window that a value brings along, whose 11 bits `word` begins with.
inline void read_window(State& state, std::uint64_t word) noexcept {
  state.leading = word >> 59U;
  state.length = (((word >> 53U) - 1) & 63U) + 1;  // 0 means 64
  state.bad_window |= state.leading + state.length > 64;
  state.odd |= state.leading < kNoDigits;
  state.window = ~std::uint64_t{0} << (64 - state.length);
  state.plain_below = kHeadBits + state.length > kShown ? kChanged : kOtherWindow;
  state.plain_samples = kPlainSamples[state.length];
}

/// A value in whatever form, at state.position.
inline void read_value(State& state, Bytes bytes) noexcept {
  const std::uint64_t word = peek(bytes, state.position);
  if ((word >> 63U) == 0) {
    ++state.position;
    return;
  }
  state.position += 2;
  if ((word >> 62U) == 3) {
    read_window(state, word << 2U);
    state.position += kWindowBits;
  }
  state.value ^= (peek_all(bytes, state.position) & state.window) >> state.leading;
  state.position += state.length;
}

/// A value with a window of its own after the last distance: `word` begins with the window.
inline void read_value_of_other_window(State& state, Bytes bytes, std::uint64_t word) noexcept {
  read_window(state, word);
  state.position += kHeadBits + kWindowBits;
  std::uint64_t changed = word << kWindowBits;
  if (state.length > kShown - kHeadBits - kWindowBits) [[unlikely]]
    changed = peek_all(bytes, state.position);
  state.value ^= (changed & state.window) >> state.leading;
  state.position += state.length;
}

/// A sample that comes after another distance than the last one: it begins with `word`.
inline void read_sample_of_other_distance(State& state, Bytes bytes, std::uint64_t word, const Output& out) noexcept {
  put_times(state, out);
  const Change change = read_change(bytes, state.position, word);
  state.position += change.bits;
  const auto distance = static_cast<std::int64_t>(static_cast<std::uint64_t>(state.distance) +
                                                  static_cast<std::uint64_t>(change.of_distance));
  const bool bad = distance <= 0 || distance > kLongestDistance;
  state.bad_distance |= bad;
  state.distance = bad ? 1 : distance;

  // Where every distance differs a little, as with samples that are pushed, this is the way of most samples.
  const std::uint64_t rest = word << kSmallChangeBits;
  if (change.bits != kSmallChangeBits || rest >= kOtherWindowInValue || kSmallChangeBits + 2 + state.length > kShown)
      [[unlikely]] {
    return read_value(state, bytes);
  }
  const auto changed = static_cast<std::uint64_t>(static_cast<std::int64_t>(rest) >> 63U);
  state.value ^= ((rest << 2U) & (state.window & changed)) >> state.leading;
  state.position += 1 + ((state.length + 1) & changed);
}

/// A sample that is not plain.
inline void read_rare_sample(State& state, Bytes bytes, const Output& out) noexcept {
  const std::uint64_t word = peek(bytes, state.position);
  if (word >= kOtherDistance) {
    read_sample_of_other_distance(state, bytes, word, out);
  } else if (word >= kOtherWindow) {
    read_value_of_other_window(state, bytes, word << kHeadBits);
  } else {
    ++state.position;
    read_value(state, bytes);
  }
  put_value(state, out);
}

/// The plain samples that `word` begins with, as many as it surely shows.
[[gnu::always_inline]] inline bool read_plain_samples(State& state, std::uint64_t word, const Output& out) noexcept {
  double* at = out.values + state.next;
  double* const last = at + std::min(state.plain_samples, out.samples - state.next);
  std::uint64_t value = state.value;
  std::size_t position = state.position;
  const std::uint64_t changed_bits = state.length + 1;
  do {
    if (word >= state.plain_below) [[unlikely]]
      break;
    // All ones, or none.
    const auto changed = static_cast<std::uint64_t>(static_cast<std::int64_t>(word << 1U) >> 63U);
    const std::size_t bits = 2 + (changed_bits & changed);
    value ^= ((word << kHeadBits) & (state.window & changed)) >> state.leading;
    *at++ = std::bit_cast<double>(value);
    position += bits;
    word <<= bits;
  } while (at != last);
  state.next = static_cast<std::size_t>(at - out.values);
  state.value = value;
  state.position = position;
  return at == last;
}

/// Reads samples until all are there, or until `end` (in bits), before which all that is looked at can be read.
[[gnu::always_inline]] inline void read_samples(State& kept, Bytes bytes, std::size_t end,
                                                const Output& output) noexcept {
  State state = kept;  // in registers
  const Output out = output;
  while (state.next < out.samples && state.position < end) {
    const std::uint64_t word = peek(bytes, state.position);
    if (word < kAsBefore) {
      const std::size_t count = std::min(kAsBeforeSamples, out.samples - state.next);
      std::fill_n(out.values + state.next, count, std::bit_cast<double>(state.value));
      state.next += count;
      state.position += 2 * count;
    } else if (word >= kOtherDistance) {
      read_sample_of_other_distance(state, bytes, word, out);
      put_value(state, out);
    } else if (!read_plain_samples(state, word, out)) {
      read_rare_sample(state, bytes, out);
    }
  }
  kept = state;
}

using ReadSamples = void (*)(State&, Bytes, std::size_t, const Output&) noexcept;

void read_samples_anywhere(State& state, Bytes bytes, std::size_t end, const Output& out) noexcept {
  read_samples(state, bytes, end, out);
}

#if defined(__x86_64__)
[[gnu::target("bmi,bmi2")]] void read_samples_by_bmi2(State& state, Bytes bytes, std::size_t end,
                                                      const Output& out) noexcept {
  read_samples(state, bytes, end, out);
}
#endif

ReadSamples fastest_read_samples() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("bmi2") != 0) return read_samples_by_bmi2;
#endif
  return read_samples_anywhere;
}

class Decoder {
 public:
  Decoder(std::string_view chunk, std::int64_t* times_ms, double* values)
      : chunk_(chunk),
        out_{times_ms, values, xor_chunk_samples(chunk)} {}

  Fault run() {
    if (out_.samples == 0) return chunk_.size() < kCountBytes || declared() > 0 ? Fault::cut : Fault::no_samples;
    const Fault fault = read_first();
    if (fault != Fault::none || out_.samples == 1) return fault;
    return read_others();
  }

  std::size_t samples() const noexcept { return out_.samples; }
  bool stale() const noexcept {
    return state_.odd && std::any_of(out_.values, out_.values + out_.samples, is_staleness_marker);
  }

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
    state_.value = peek(reinterpret_cast<Bytes>(rest.data()), 0);
    rest.remove_prefix(8);
    put_value(state_, out_);
    out_.times_ms[0] = state_.time;
    state_.timed = 1;
    if (out_.samples == 1) return Fault::none;

    const Varint distance = read_varint(rest);
    if (distance.state != Varint::State::whole) return Fault::cut;
    if (distance.value == 0 || distance.value > static_cast<std::uint64_t>(kLongestDistance)) return Fault::times;
    state_.distance = static_cast<std::int64_t>(distance.value);
    rest.remove_prefix(distance.bytes);
    state_.position = (chunk_.size() - rest.size()) * 8;
    return Fault::none;
  }

  /// Its time has been read.
  void read_second(Bytes bytes) noexcept {
    read_value(state_, bytes);
    put_value(state_, out_);
  }

  Fault read_others() {
    static const ReadSamples read_samples_here = fastest_read_samples();
    if (chunk_.size() > kCopied) {
      const auto* bytes = reinterpret_cast<Bytes>(chunk_.data());
      read_second(bytes);
      read_samples_here(state_, bytes, (chunk_.size() - kReach) * 8, out_);
    }
    // The rest, or all, followed by zeros to look at. What lies behind the last sample does not matter, however long.
    std::array<unsigned char, kCopied + kReach> copy;
    const std::string_view rest = chunk_.substr(state_.position / 8, kCopied);
    std::memcpy(copy.data(), rest.data(), rest.size());
    std::memset(copy.data() + rest.size(), 0, kReach);
    state_.position %= 8;
    if (state_.next == 1) read_second(copy.data());
    read_samples_here(state_, copy.data(), rest.size() * 8, out_);
    if (state_.next < out_.samples || state_.position > rest.size() * 8) return Fault::cut;
    put_times(state_, out_);
    if (state_.bad_distance) return Fault::times;
    return state_.bad_window ? Fault::values : Fault::none;
  }

  std::string_view chunk_;
  Output out_;
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
