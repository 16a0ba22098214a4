#pragma once

#include <string_view>

#include "found_family.hpp"

namespace spm::schema {

/// Who writes span metrics under such names, best first: smaller orders win where nothing else decides.
struct Producer {
  std::string_view title;
  int order = kUnknownProducer;
};

/// The producer of a family, by its names and labels; unknown (order kUnknownProducer, no title) where the names alone
/// are too common to tell and neither a kind nor a status label is there.
Producer recognise_producer(const FoundFamily& found);

/// Whether a prefix alone says that these are span metrics.
bool is_known_prefix(std::string_view prefix);

}  // namespace spm::schema
