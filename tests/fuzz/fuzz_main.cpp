#include "fuzz_main.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <sanitizer/common_interface_defs.h>
#define SPM_FUZZ_SANITIZED 1

// UBSan's runtime is a library of its own beside ASan's and knows nothing of the death callback: let it abort.
extern "C" const char* __ubsan_default_options();  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:print_stacktrace=1"; }
#endif

namespace {

using Random = std::mt19937_64;

constexpr std::size_t kMaxInputBytes = std::size_t{64} * 1024;
constexpr std::size_t kSignalStackBytes = std::size_t{64} * 1024;
constexpr int kSlowInputSeconds = 60;

struct Options {
  std::uint64_t seconds = 5;
  std::uint64_t runs = 0;  // 0: no limit but the time
  std::uint64_t seed = 0;
  std::vector<std::filesystem::path> corpus;
};

// What the crash handlers read. Set before each run; plain memory, because a handler may neither allocate nor lock.
struct CurrentRun {
  const char* bytes = nullptr;
  std::size_t size = 0;
  volatile std::sig_atomic_t number = 0;
};
CurrentRun current;
std::array<char, 256> crash_file{};

void write_all(int file, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file, bytes, size);
    if (written <= 0) return;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void save_input() {
  static volatile std::sig_atomic_t saved = 0;
  if (saved != 0 || current.bytes == nullptr) return;
  saved = 1;
  const int file = ::open(crash_file.data(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  write_all(file, current.bytes, current.size);
  ::close(file);
  constexpr std::string_view kSaved = "\nthe failing input is in ";
  write_all(STDERR_FILENO, kSaved.data(), kSaved.size());
  write_all(STDERR_FILENO, crash_file.data(), std::strlen(crash_file.data()));
  write_all(STDERR_FILENO, "\n", 1);
}

extern "C" void on_fatal_signal(int signal) {
  save_input();
  // SA_RESETHAND has put the default action back.
  ::raise(signal);
}

extern "C" void on_tick(int /*signal*/) {
  static std::sig_atomic_t last_number = 0;
  static int seconds = 0;
  seconds = current.number == last_number ? seconds + 1 : 0;
  last_number = current.number;
  if (seconds >= kSlowInputSeconds) {
    constexpr std::string_view kSlow = "\none input takes too long";
    write_all(STDERR_FILENO, kSlow.data(), kSlow.size());
    std::abort();
  }
}

void handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

void install_handlers(const char* program) {
  const std::string name = "crash-" + std::filesystem::path(program).filename().string();
  std::copy_n(name.begin(), std::min(name.size(), crash_file.size() - 1), crash_file.begin());

  constexpr unsigned kResetHand = SA_RESETHAND;
  handle(SIGABRT, on_fatal_signal, static_cast<int>(kResetHand));
#ifdef SPM_FUZZ_SANITIZED
  // The sanitizer reports the other signals itself and calls this when it gives up.
  __sanitizer_set_death_callback(save_input);
#else
  // On a stack of its own, so that a stack overflow can be reported too.
  static std::array<char, kSignalStackBytes> stack{};
  stack_t alternate{};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  sigaltstack(&alternate, nullptr);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    handle(signal, on_fatal_signal, static_cast<int>(kResetHand | SA_ONSTACK));
  }
#endif
  handle(SIGALRM, on_tick, SA_RESTART);
  itimerval every_second{};
  every_second.it_interval.tv_sec = 1;
  every_second.it_value.tv_sec = 1;
  setitimer(ITIMER_REAL, &every_second, nullptr);
}

void run(const std::string& input) {
  // A copy of the exact size on the heap: reading one byte past the end is then an error that ASan sees.
  const std::vector<char> bytes(input.begin(), input.end());
  current.bytes = bytes.data();
  current.size = bytes.size();
  current.number = current.number + 1;
  fuzz_one(std::string_view(bytes.data(), bytes.size()));
  current.bytes = nullptr;
}

bool read_number(std::string_view argument, std::string_view name, std::uint64_t& value) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  const auto [end, problem] = std::from_chars(argument.data(), argument.data() + argument.size(), value);
  if (problem != std::errc() || end != argument.data() + argument.size()) {
    std::fprintf(stderr, "%.*s needs a number\n", static_cast<int>(name.size()), name.data());
    std::exit(2);
  }
  return true;
}

Options read_options(int count, char** arguments) {
  Options options;
  options.seed = std::random_device()();
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (read_number(argument, "--seconds=", options.seconds) || read_number(argument, "--runs=", options.runs) ||
        read_number(argument, "--seed=", options.seed)) {
      continue;
    }
    if (argument.starts_with("-")) {
      std::fprintf(stderr, "usage: %s [--seconds=N] [--runs=N] [--seed=N] [corpus folder or file]...\n", arguments[0]);
      std::exit(2);
    }
    options.corpus.emplace_back(argument);
  }
  return options;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> read_corpus(const std::vector<std::filesystem::path>& places) {
  std::vector<std::filesystem::path> files;
  for (const auto& place : places) {
    if (std::filesystem::is_directory(place)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(place)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else if (std::filesystem::exists(place)) {
      files.push_back(place);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  corpus.reserve(files.size());
  for (const auto& file : files) corpus.push_back(read_file(file));
  return corpus;
}

/// Makes new inputs out of old ones.
class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, std::uint64_t seed) : seeds_(std::move(seeds)), random_(seed) {
    if (seeds_.empty()) seeds_.emplace_back();
    for (const std::string_view* word = fuzz_words(); !word->empty(); ++word) words_.emplace_back(*word);
    for (const std::string_view word : {"\"",
                                        "'",
                                        "\\",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        "(",
                                        ")",
                                        ",",
                                        ":",
                                        "=",
                                        "&",
                                        "%00",
                                        "%",
                                        "\r\n",
                                        "\n",
                                        " ",
                                        "0",
                                        "-1",
                                        "1e999",
                                        "18446744073709551616",
                                        "NaN",
                                        "\xff",
                                        "\xed\xa0\x80",
                                        "\xf4\x90\x80\x80",
                                        "\xc3\xa9"}) {
      words_.emplace_back(word);
    }
    words_.emplace_back(1, '\0');
  }

  std::string next() {
    std::string input = seeds_[below(seeds_.size())];
    // Mostly few changes: an input that is nearly right gets further into the code.
    const std::size_t changes = 1 + (below(4) == 0 ? below(32) : below(4));
    for (std::size_t i = 0; i < changes; ++i) change(input);
    if (input.size() > kMaxInputBytes) input.resize(kMaxInputBytes);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  std::size_t place(const std::string& input) { return below(input.size() + 1); }

  void change(std::string& input) {
    switch (below(9)) {
      case 0:
        flip_bit(input);
        break;
      case 1:
        set_byte(input);
        break;
      case 2:
        insert(input, std::string(1, static_cast<char>(below(256))));
        break;
      case 3:
        insert(input, words_[below(words_.size())]);
        break;
      case 4:
        erase(input);
        break;
      case 5:
        insert(input, piece(input));
        break;
      case 6:
        splice(input);
        break;
      case 7:
        repeat(input);
        break;
      default:
        if (below(4) == 0) input.resize(place(input));
        break;
    }
  }

  void flip_bit(std::string& input) {
    if (input.empty()) return;
    char& byte = input[below(input.size())];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << below(8)));
  }

  void set_byte(std::string& input) {
    if (!input.empty()) input[below(input.size())] = static_cast<char>(below(256));
  }

  void insert(std::string& input, const std::string& text) { input.insert(place(input), text); }

  void erase(std::string& input) {
    const std::size_t from = place(input);
    input.erase(from, 1 + below(below(8) == 0 ? 256 : 8));
  }

  std::string piece(const std::string& of) {
    const std::size_t from = place(of);
    return of.substr(from, 1 + below(64));
  }

  void splice(std::string& input) {
    const std::string& other = seeds_[below(seeds_.size())];
    input.resize(place(input));
    input += other.substr(place(other));
  }

  // Deep nesting and long runs.
  void repeat(std::string& input) {
    const std::string text = below(2) == 0 ? words_[below(words_.size())] : piece(input);
    const std::size_t times = 1 + below(below(8) == 0 ? 4096 : 8);
    std::string run;
    for (std::size_t i = 0; i < times && run.size() < kMaxInputBytes; ++i) run += text;
    insert(input, run);
  }

  std::vector<std::string> seeds_;
  std::vector<std::string> words_;
  Random random_;
};

}  // namespace

void fuzz_require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

int main(int count, char** arguments) {
  const Options options = read_options(count, arguments);
  install_handlers(arguments[0]);
  const std::string seed = std::to_string(options.seed);
  std::fprintf(stderr, "seed %s\n", seed.c_str());

  std::vector<std::string> corpus = read_corpus(options.corpus);
  for (const std::string& input : corpus) run(input);

  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(options.seconds);
  Mutator mutator(corpus, options.seed);
  std::uint64_t mutated = 0;
  while ((options.runs == 0 || mutated < options.runs) && Clock::now() < end) {
    run(mutator.next());
    ++mutated;
  }
  std::fprintf(stderr, "%zu inputs of the corpus and %s mutations of them, seed %s: nothing broke\n", corpus.size(),
               std::to_string(mutated).c_str(), seed.c_str());
  return 0;
}
