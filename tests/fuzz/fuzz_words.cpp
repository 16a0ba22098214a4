#include "fuzz_main.hpp"

// In a file of its own: a target that defines fuzz_words() itself never pulls this one out of the library.
const std::string_view* fuzz_words() {
  static constexpr std::string_view kNone[] = {std::string_view()};
  return kNone;
}
