#pragma once

#include <string_view>

/// Defined by each fuzz target: feeds one input to the code under test and aborts when a promise does not hold.
/// Must be repeatable: the same input gives the same outcome whatever ran before.
void fuzz_one(std::string_view input);

/// Words that mean something to the code under test; inserted by the mutator. A target may define it to add its own
///; without that there are none. The array ends with an empty word.
const std::string_view* fuzz_words();

/// Aborts with `what` on standard error when `holds` is false. For the promises inside fuzz_one.
void fuzz_require(bool holds, const char* what);
