#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <spm/cache/shelf.hpp>
#include <spm/rates/rate_query.hpp>
#include <spm/telemetry/metrics.hpp>

#include "extent.hpp"
#include "rate_group.hpp"

namespace spm::cache {

using ExtentPtr = std::shared_ptr<const Extent>;

/// A group, and where its things stand on the shelf.
struct GroupPlace {
  std::string key;
  std::string caller;
  std::shared_ptr<RateGroup> group;
};

/// What a RateCache has on the shelf. Safe from any thread; all that it is made with outlives it.
class RateShelf {
 public:
  RateShelf(Shelf& shelf, telemetry::Metrics& metrics, std::chrono::milliseconds overlap,
            std::chrono::milliseconds max_age)
      : shelf_(shelf),
        metrics_(metrics),
        overlap_(overlap),
        max_age_(max_age) {}

  /// A new one when there is none. `caller`: what sharing::CallerKinds says.
  GroupPlace group_of(const rates::RateQuery& query, std::string caller);
  /// Whether the group is still kept; then it is used now.
  bool keeps(const GroupPlace& place);

  /// Null: nothing that counts. What is outdated is removed.
  ExtentPtr find(const GroupPlace& place, const rates::RatePart& part, std::uint64_t generation, const Moment& now);
  void put(const GroupPlace& place, const rates::RatePart& part, Extent extent);

  using Time = std::chrono::steady_clock::time_point;
  /// The store took the caller's own token in a request that was sent then.
  void token_was_taken(const std::string& caller, Time then);
  bool token_was_taken_since(const std::string& caller, Time then);
  /// The store refused the caller.
  void forget(const std::string& caller);

 private:
  Shelf& shelf_;
  telemetry::Metrics& metrics_;
  const std::chrono::milliseconds overlap_;
  const std::chrono::milliseconds max_age_;
  std::mutex making_;  ///< held while a group or a note of a token is looked for and made
};

}  // namespace spm::cache
