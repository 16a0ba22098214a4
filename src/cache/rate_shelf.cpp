#include "rate_shelf.hpp"

#include <atomic>
#include <utility>

#include "matrix_ranges.hpp"
#include "rate_keys.hpp"

namespace spm::cache {
namespace {

class KeptColumns final : public Kept {
 public:
  KeptColumns(std::string caller, std::string about, std::shared_ptr<const RateGroup> of, Extent columns)
      : Kept(std::move(caller)),
        group(std::move(of)),
        extent(std::move(columns)),
        about_(std::move(about)),
        bytes_(sizeof(KeptColumns) + about_.capacity() + bytes_of(*extent.matrix)) {}

  const std::shared_ptr<const RateGroup> group;
  const Extent extent;

  std::size_t bytes() const override { return bytes_; }
  std::string about() const override { return about_; }

 private:
  const std::string about_;
  const std::size_t bytes_;
};

class KeptToken final : public Kept {
 public:
  using Kept::Kept;
  std::atomic<RateShelf::Time> taken{RateShelf::Time::min()};

  std::size_t bytes() const override { return sizeof(KeptToken) + caller().capacity(); }
  std::string about() const override { return "when the store took a caller's own token"; }
};

std::string about_columns(const RateGroup& group, const rates::RatePart& part, const Extent& extent) {
  return group.about() + about_part(part) + ": " + std::to_string(extent.matrix->series.size()) + " groups, " +
         std::to_string(extent.grid().points) + " points, " + std::to_string(extent.final_points) + " of them final";
}

}  // namespace

GroupPlace RateShelf::group_of(const rates::RateQuery& query, std::string caller) {
  GroupPlace place;
  place.key = group_key(query, caller);
  place.caller = std::move(caller);
  const std::lock_guard lock(making_);
  place.group = std::static_pointer_cast<RateGroup>(shelf_.find(place.key));
  if (!place.group) {
    place.group = std::make_shared<RateGroup>(place.caller, about_group(query), overlap_);
    shelf_.put(place.key, place.group);
  }
  return place;
}

bool RateShelf::keeps(const GroupPlace& place) { return shelf_.find(place.key) == place.group; }

ExtentPtr RateShelf::find(const GroupPlace& place, const rates::RatePart& part, std::uint64_t generation,
                          const Moment& now) {
  const std::string key = columns_key(place.key, part);
  const auto kept = std::static_pointer_cast<KeptColumns>(shelf_.find(key));
  if (!kept || kept->group != place.group || kept->extent.generation != generation) return nullptr;
  if (const auto reason = outdated(kept->extent, now, max_age_)) {
    shelf_.remove(key);
    metrics_.cache_evicted(*reason);
    return nullptr;
  }
  return {kept, &kept->extent};
}

void RateShelf::put(const GroupPlace& place, const rates::RatePart& part, Extent extent) {
  std::string about = about_columns(*place.group, part, extent);
  shelf_.put(columns_key(place.key, part),
             std::make_shared<KeptColumns>(place.caller, std::move(about), place.group, std::move(extent)));
}

void RateShelf::token_was_taken(const std::string& caller, Time then) {
  std::string key = token_key(caller);
  const std::lock_guard lock(making_);
  auto token = std::static_pointer_cast<KeptToken>(shelf_.find(key));
  if (!token) {
    token = std::make_shared<KeptToken>(caller);
    shelf_.put(std::move(key), token);
  }
  if (token->taken.load() < then) token->taken.store(then);
}

bool RateShelf::token_was_taken_since(const std::string& caller, Time then) {
  const auto token = std::static_pointer_cast<KeptToken>(shelf_.find(token_key(caller)));
  return token && token->taken.load() >= then;
}

void RateShelf::forget(const std::string& caller) {
  shelf_.remove_caller(caller);
  metrics_.cache_evicted("refused");
}

}  // namespace spm::cache
