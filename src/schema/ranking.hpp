#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <spm/schema/configured_names.hpp>

#include "found_family.hpp"

namespace spm::schema {

/// Families whose newest samples are this close to the newest of all are equally live: scrapes do not come all at once.
inline constexpr std::int64_t kLiveWithinMs = 300'000;

/// Best first: usable ones, those that fit the settings, known producers, kind, status, newest sample, latencies that
/// can be read, agreement with the settings, then an order that never changes from one discovery to the next.
void rank(std::vector<FoundFamily>& families, const NamingOptions& naming);

/// Whether `found` has samples as new as the newest among the usable ones of `families`.
bool is_live(const FoundFamily& found, const std::vector<FoundFamily>& families);

/// Why `best` stands before `other`, as a clause: "it has span kinds".
std::string why_before(const FoundFamily& best, const FoundFamily& other, const NamingOptions& naming,
                       const std::vector<FoundFamily>& families);

}  // namespace spm::schema
